import { WEEKDAYS, type Weekday } from '#core/calling-hours/calling-hours.js';
import { zoneOffset } from '#core/calling-hours/zone-offset.js';

const DAY_MS = 86_400_000;

/** What the clocks and the calendar on the wall of a zone say. */
export interface WallClock {
  /** `2026-12-25`. */
  date: string;
  weekday: Weekday;
  /** Minutes after midnight by the clock: on the days the clocks are changed some come twice, and some not at all. */
  minute: number;
  /** Of the day before. */
  yesterday: { date: string; weekday: Weekday };
}

/** The wall clock of a zone (IANA) at a moment, exact to the minute. */
export function wallClock(zone: string, at: Date): WallClock {
  const local = at.getTime() + zoneOffset(zone, at.getTime());
  const minute = Math.floor((((local % DAY_MS) + DAY_MS) % DAY_MS) / 60_000);
  return { ...dayOf(local), minute, yesterday: dayOf(local - DAY_MS) };
}

function dayOf(local: number): { date: string; weekday: Weekday } {
  // The first day of 1970 was a Thursday.
  const day = (((Math.floor(local / DAY_MS) + 3) % 7) + 7) % 7;
  return { date: new Date(local).toISOString().slice(0, 10), weekday: WEEKDAYS[day] ?? 'mon' };
}
