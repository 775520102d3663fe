/** Counts events in the last 60 s, exactly, per name. */
export const WINDOW_MS = 60_000;
const MOST_NAMES = 10_000;
const COMPACT_AFTER = 1024;

export interface Admittance {
  admitted: boolean;
  /** How many more are admitted now. */
  remaining: number;
  /** Until the oldest one counted leaves the window: until one more is admitted, when none is now. */
  resetMs: number;
}

/** The times of one name's events, oldest first from `head` on. */
interface Times {
  at: number[];
  head: number;
}

/** Exact for one process. What it holds is bounded: `limit` times for each of at most 10,000 names. */
export class RollingWindow {
  #times = new Map<string, Times>();

  admit(name: string, limit: number, now: number): Admittance {
    const times = this.#times.get(name) ?? { at: [], head: 0 };
    // Last in the order of the map, which is how the least recently used one is found.
    this.#times.delete(name);
    this.#times.set(name, times);
    this.#makeRoom();

    dropBefore(times, now - WINDOW_MS);
    const admitted = times.at.length - times.head < limit;
    if (admitted) times.at.push(now);
    const used = times.at.length - times.head;
    // After a limit was lowered there may be more than it allows: enough of them must leave first.
    const leaving = times.at[times.head + Math.max(0, used - limit)];
    const resetMs = leaving === undefined ? WINDOW_MS : leaving + WINDOW_MS - now;
    return { admitted, remaining: Math.max(0, limit - used), resetMs };
  }

  #makeRoom(): void {
    const [oldest] = this.#times.keys();
    if (this.#times.size > MOST_NAMES && oldest !== undefined) this.#times.delete(oldest);
  }
}

/** An event leaves when it is exactly 60 s old. */
function dropBefore(times: Times, until: number): void {
  while (times.head < times.at.length && (times.at[times.head] as number) <= until) times.head++;
  if (times.head === times.at.length || times.head > COMPACT_AFTER) {
    times.at.splice(0, times.head);
    times.head = 0;
  }
}
