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

/** When marketing may be heard, unless something narrower was asked for (rule 5). */
export const MARKETING_HOURS: CallingHours = { start: '08:00', end: '21:00', days: WEEKDAYS };

const TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/**
 * Hours as somebody wrote them, days in the order of the week and each once; else what is wrong with which field.
 * Without days: every day.
 */
export function checkCallingHours(input: {
  start: string;
  end: string;
  days?: readonly string[] | undefined;
}): { hours: CallingHours } | { field: 'start' | 'end' | 'days'; problem: string } {
  const { start, end, days = WEEKDAYS } = input;
  if (!TIME.test(start) || start === '24:00')
    return { field: 'start', problem: 'A time from 00:00 to 23:59: "09:00".' };
  if (!TIME.test(end)) return { field: 'end', problem: 'A time from 00:00 to 24:00: "17:30".' };
  if (days.length === 0) return { field: 'days', problem: 'There is no day in it: name at least one.' };
  const unknown = days.find((day) => !WEEKDAYS.some((known) => known === day));
  if (unknown !== undefined) {
    return { field: 'days', problem: `${JSON.stringify(unknown)} is no day; they are ${WEEKDAYS.join(', ')}.` };
  }
  return { hours: { start, end, days: WEEKDAYS.filter((day) => days.includes(day)) } };
}

/** Minutes after midnight of the day of the start; the end is after the start, and on the next day where it is over 1,440. */
export function minutesOf({ start, end }: CallingHours): { from: number; to: number } {
  const [from, to] = [minutes(start), minutes(end)];
  return { from, to: to > from ? to : to + 1440 };
}

function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  return hours * 60 + rest;
}
