import { minutesOf, WEEKDAYS, type CallingHours } from '#core/calling-hours/calling-hours.js';
import { zoneOffset } from '#core/calling-hours/zone-offset.js';

/** From a moment to before another, milliseconds. */
interface Opening {
  from: number;
  to: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A week and a day: what does not open in these never opens. */
const DAYS_AHEAD = 8;

/** By hours, zones and the day (UTC) that they begin with. */
const kept = new Map<string, Opening[]>();
const MOST_KEPT = 2000;

/** Whether the hours are open at this moment in every one of the zones. */
export function isOpen(hours: CallingHours, zones: readonly string[], at: Date): boolean {
  const now = at.getTime();
  return openings(hours, zones, now).some(({ from, to }) => from <= now && now < to);
}

/** The first moment from `at` on at which the hours are open in every one of the zones; undefined: there is none. */
export function nextOpening(hours: CallingHours, zones: readonly string[], at: Date): Date | undefined {
  const now = at.getTime();
  const next = openings(hours, zones, now).find(({ to }) => to > now);
  return next === undefined ? undefined : new Date(Math.max(now, next.from));
}

/** When the hours are open everywhere, in order, from the day (UTC) of `at` on. */
function openings(hours: CallingHours, zones: readonly string[], at: number): Opening[] {
  const day = Math.floor(at / DAY_MS);
  const key = `${hours.start} ${hours.end} ${hours.days.join()} ${day} ${zones.join()}`;
  let known = kept.get(key);
  if (known === undefined) {
    const span = { from: day * DAY_MS, to: (day + DAYS_AHEAD + 1) * DAY_MS };
    known = zones.map((zone) => openingsIn(hours, zone, span)).reduce(common, [span]);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, known);
  }
  return known;
}

/**
 * What the clocks on the wall of one zone say: an hour that is skipped in spring is not open, one that comes twice in
 * autumn is open twice.
 */
function openingsIn(hours: CallingHours, zone: string, span: Opening): Opening[] {
  const { from, to } = minutesOf(hours);
  const found: Opening[] = [];
  for (const { offset, ...steady } of steadySpans(zone, span)) {
    // As numbers of days, in local time; the day before may reach into this one.
    const first = Math.floor((steady.from + offset) / DAY_MS) - 1;
    const last = Math.floor((steady.to + offset) / DAY_MS);
    for (let day = first; day <= last; day++) {
      if (!hours.days.includes(weekday(day))) continue;
      const midnight = day * DAY_MS - offset;
      const opening = {
        from: Math.max(steady.from, midnight + from * MINUTE_MS),
        to: Math.min(steady.to, midnight + to * MINUTE_MS),
      };
      if (opening.from < opening.to) add(found, opening);
    }
  }
  return found;
}

/** The parts of a span in which the clocks of a zone are not changed. */
function steadySpans(zone: string, span: Opening): (Opening & { offset: number })[] {
  const spans: (Opening & { offset: number })[] = [];
  for (let from = span.from; from < span.to;) {
    const offset = zoneOffset(zone, from);
    let to = from;
    while (to < span.to && zoneOffset(zone, to) === offset) to += DAY_MS;
    if (to >= span.to) to = zoneOffset(zone, span.to - MINUTE_MS) === offset ? span.to : span.to - MINUTE_MS;
    if (zoneOffset(zone, to) !== offset) to = changeBetween(zone, Math.max(from, to - DAY_MS), to, offset);
    spans.push({ from, to, offset });
    from = to;
  }
  return spans;
}

/** The minute at which the clocks are changed from `offset`. */
function changeBetween(zone: string, before: number, after: number, offset: number): number {
  let [low, high] = [before, after];
  while (high - low > MINUTE_MS) {
    const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
    if (zoneOffset(zone, middle) === offset) low = middle;
    else high = middle;
  }
  return high;
}

function weekday(day: number): (typeof WEEKDAYS)[number] {
  // The first day of 1970 was a Thursday.
  return WEEKDAYS[(((day + 3) % 7) + 7) % 7]!;
}

/** Adds an opening behind those that began before it. */
function add(openings: Opening[], next: Opening): void {
  const last = openings.at(-1);
  if (last !== undefined && next.from <= last.to) last.to = Math.max(last.to, next.to);
  else openings.push(next);
}

function common(some: Opening[], others: Opening[]): Opening[] {
  const both: Opening[] = [];
  for (let i = 0, j = 0; i < some.length && j < others.length;) {
    const [a, b] = [some[i]!, others[j]!];
    const opening = { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
    if (opening.from < opening.to) both.push(opening);
    if (a.to < b.to) i++;
    else j++;
  }
  return both;
}
