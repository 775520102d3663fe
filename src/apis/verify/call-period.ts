import { HttpProblem } from '#apis/http/problem.js';

const DAY_MS = 86_400_000;
const DAYS: Record<string, number> = { week: 7, month: 30, year: 365 };
const DATES = /^(\d{4}-\d{2}-\d{2}),(\d{4}-\d{2}-\d{2})$/;

export const DEFAULT_PERIOD = 'month';

/**
 * Which calls a list shows. `today` and `yesterday` are days of UTC; `week`, `month` and `year` the last 7, 30 and 365
 * times 24 hours; `2026-03-01,2026-03-31` those days of UTC with both ends.
 */
export function parsePeriod(period: string, nowMs: number): { since: Date; before: Date } {
  const midnight = nowMs - (nowMs % DAY_MS);
  const tomorrow = midnight + DAY_MS;
  if (period === 'today') return between(midnight, tomorrow);
  if (period === 'yesterday') return between(midnight - DAY_MS, midnight);
  const days = Object.hasOwn(DAYS, period) ? DAYS[period] : undefined;
  if (days !== undefined) return between(nowMs - days * DAY_MS, tomorrow);
  const [, first = '', last = ''] = DATES.exec(period) ?? [];
  const [since, lastDay] = [dayOf(first), dayOf(last)];
  if (since === undefined || lastDay === undefined || since > lastDay) {
    throw new HttpProblem(
      'invalid_input',
      'Not a period: today, yesterday, week, month, year, or two dates such as 2026-03-01,2026-03-31.',
      { field: 'period' },
    );
  }
  return between(since, lastDay + DAY_MS);
}

function between(since: number, before: number): { since: Date; before: Date } {
  return { since: new Date(since), before: new Date(before) };
}

/** Undefined: no such day. `Date` takes the 31st of February for one of March. */
function dayOf(text: string): number | undefined {
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? undefined : at;
}
