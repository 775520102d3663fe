export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When somebody may be called or texted, in their own time. */
export interface CallingHours {
  /** `HH:MM`, 00:00 to 24:00; an end at or before the start is on the next day. */
  start: string;
  end: string;
  /** Of the start. */
  days: readonly Weekday[];
}
