import { minutesOf, wallClock, type CallingHours, type WallClock } from '#core/calling-hours/index.js';
import type { Destination, ForwardingSchedule, Holiday, Hours } from '#core/call-flow/flow-objects.js';

export interface HoursState {
  open: boolean;
  /** `Open by the week`, `Closed: Christmas Day`. */
  because: string;
  /** Where calls go now; null: nobody said. */
  destination: Destination | null;
}

/** Whether somebody is there: what was set by hand goes before a holiday, and that before the week. */
export function hoursState(hours: Hours, at: Date): HoursState {
  const { override } = hours;
  if (override !== null && (override.until === null || at.getTime() < Date.parse(override.until))) {
    const open = override.mode === 'open';
    const until = override.until === null ? '' : ` until ${override.until}`;
    return {
      open,
      because: `${open ? 'Open' : 'Closed'}, as set by hand${until}`,
      destination: open ? hours.open : hours.closed,
    };
  }
  const now = wallClock(hours.timeZone, at);
  const holiday = holidayOn(hours.holidays, now.date);
  if (holiday !== undefined) {
    const open = holiday.windows.some(({ start, end }) => {
      const { from, to } = minutesOf({ start, end, days: [] });
      return from <= now.minute && now.minute < to;
    });
    if (open) return { open, because: `Open on a holiday: ${holiday.name}`, destination: hours.open };
    return { open, because: `Closed: ${holiday.name}`, destination: holiday.destination ?? hours.closed };
  }
  // Hours that reach over midnight belong to the day of their start: if that was a holiday, they did not begin.
  const began = holidayOn(hours.holidays, now.yesterday.date) === undefined;
  const open = hours.weekly.some((window) => isWithin(window, now, began));
  return open
    ? { open, because: 'Open by the week', destination: hours.open }
    : { open, because: 'Closed by the week', destination: hours.closed };
}

/** Whether a member of a group is rung now. */
export function scheduleIsOpen(schedule: ForwardingSchedule, zoneOfHours: string | undefined, at: Date): boolean {
  const now = wallClock(schedule.timeZone ?? zoneOfHours ?? 'UTC', at);
  return schedule.windows.some((window) => isWithin(window, now, true));
}

function isWithin(window: CallingHours, now: WallClock, beganYesterday: boolean): boolean {
  const { from, to } = minutesOf(window);
  if (window.days.includes(now.weekday) && from <= now.minute && now.minute < to) return true;
  return beganYesterday && window.days.includes(now.yesterday.weekday) && now.minute + 1440 < to;
}

/** That of this very date before the one of every year. */
function holidayOn(holidays: readonly Holiday[], date: string): Holiday | undefined {
  return (
    holidays.find((holiday) => holiday.date === date) ?? holidays.find((holiday) => holiday.date === date.slice(5))
  );
}
