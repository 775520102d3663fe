/** How far back a rise is looked for, in whole seconds. */
export const WINDOW_SECONDS = 10;

interface Second {
  second: number;
  /** By requests, and by work that nobody waits for. */
  usedMs: number;
  ownTimeMs: number;
  requests: number;
  refused: number;
}

/** What one site asked for in the last seconds. */
export class LoadWindow {
  #seconds: Second[] = [];

  used(now: number, ms: number): void {
    this.#at(now).usedMs += ms;
  }

  usedInItsTime(now: number, ms: number): void {
    this.#at(now).ownTimeMs += ms;
  }

  asked(now: number): void {
    this.#at(now).requests++;
  }

  refused(now: number): void {
    this.#at(now).refused++;
  }

  /**
   * A second. `demandMs`: what it would have used if nothing had been refused, so that the share that is refused does not
   * swing with what was refused before; of requests alone.
   */
  rates(now: number): { usedMs: number; demandMs: number; requests: number } {
    this.#forget(now);
    const sum = (of: (second: Second) => number): number =>
      this.#seconds.reduce((total, second) => total + of(second), 0);
    const [used, requests, refused] = [sum(({ usedMs }) => usedMs), sum((s) => s.requests), sum((s) => s.refused)];
    const ownTime = sum(({ ownTimeMs }) => ownTimeMs);
    const served = requests - refused;
    const demand = served === 0 ? used : (used * requests) / served;
    return {
      usedMs: (used + ownTime) / WINDOW_SECONDS,
      demandMs: demand / WINDOW_SECONDS,
      requests: requests / WINDOW_SECONDS,
    };
  }

  #at(now: number): Second {
    this.#forget(now);
    const second = Math.floor(now / 1000);
    const last = this.#seconds.at(-1);
    if (last?.second === second) return last;
    const fresh = { second, usedMs: 0, ownTimeMs: 0, requests: 0, refused: 0 };
    this.#seconds.push(fresh);
    return fresh;
  }

  #forget(now: number): void {
    const first = Math.floor(now / 1000) - WINDOW_SECONDS + 1;
    while (this.#seconds[0] !== undefined && this.#seconds[0].second < first) this.#seconds.shift();
  }
}
