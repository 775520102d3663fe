import { CoreError } from '#core/errors.js';

const PERIODS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type Period = (typeof PERIODS)[number];

/** Of days that are looked at at once. */
const MOST_DAYS = 3660;
const DAY_MS = 86_400_000;

/** Both included, as dates of the site's zone: `2026-11-23`. */
export interface Days {
  start: string;
  end: string;
}

/** @throws CoreError `metric.bad_input` */
export function checkDays({ start, end }: Days): void {
  for (const [field, date] of [
    ['start', start],
    ['end', end],
  ] as const) {
    if (!isDate(date)) throw new CoreError('metric.bad_input', `"${date}" is no date: YYYY-MM-DD.`, { field });
  }
  const days = (asTime(end) - asTime(start)) / DAY_MS + 1;
  if (days < 1) throw new CoreError('metric.bad_input', 'The end is before the start.', { field: 'end' });
  if (days > MOST_DAYS) {
    throw new CoreError('metric.bad_input', `At most ${MOST_DAYS} days are looked at.`, { field: 'end' });
  }
}

/** @throws CoreError `metric.bad_input` */
export function checkPeriod(text: string): Period {
  const period = PERIODS.find((known) => known === text);
  if (period !== undefined) return period;
  throw new CoreError(
    'metric.bad_input',
    `Unsupported option for period segmentation. Supported options: ${PERIODS.join(', ')}`,
    { field: 'period' },
  );
}

/** The first days of all periods that these days touch. */
export function periodsOf({ start, end }: Days, period: Period): string[] {
  const found: string[] = [];
  for (let day = beginOf(start, period); day <= end; day = nextAfter(day, period)) found.push(day);
  return found;
}

/** `2026-11-23`, of a week its Monday; `2026-11`, `2026-Q4`, `2026`. */
export function nameOf(firstDay: string, period: Period): string {
  const [year = '', month = '01'] = firstDay.split('-');
  switch (period) {
    case 'day':
    case 'week':
      return firstDay;
    case 'month':
      return `${year}-${month}`;
    case 'quarter':
      return `${year}-Q${Math.ceil(Number(month) / 3)}`;
    case 'year':
      return year;
  }
}

function beginOf(day: string, period: Period): string {
  const date = new Date(`${day}T00:00:00Z`);
  const month = date.getUTCMonth();
  switch (period) {
    case 'day':
      return day;
    case 'week':
      return asDay(date.getTime() - ((date.getUTCDay() + 6) % 7) * DAY_MS);
    case 'month':
      return asDay(Date.UTC(date.getUTCFullYear(), month));
    case 'quarter':
      return asDay(Date.UTC(date.getUTCFullYear(), month - (month % 3)));
    case 'year':
      return asDay(Date.UTC(date.getUTCFullYear(), 0));
  }
}

function nextAfter(firstDay: string, period: Period): string {
  const date = new Date(`${firstDay}T00:00:00Z`);
  if (period === 'day' || period === 'week') return asDay(date.getTime() + (period === 'day' ? 1 : 7) * DAY_MS);
  const months = period === 'month' ? 1 : period === 'quarter' ? 3 : 12;
  return asDay(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months));
}

function isDate(text: string): boolean {
  return /^[12]\d{3}-\d\d-\d\d$/.test(text) && !Number.isNaN(asTime(text)) && asDay(asTime(text)) === text;
}

function asTime(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function asDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
