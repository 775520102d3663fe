/** Segments closer together than this leave in one go: the clock of the claiming loop is no finer. */
const GRAIN_MS = 10;
/** What a late look missed is made up for, by paces that are faster than one in this time. */
const CATCH_UP_MS = 250;

/** So many segments a second, evenly spaced; when the next may leave stands in a row. */
export class Pace {
  readonly #intervalMs: number;
  #nextAt: number;
  #taken = false;

  constructor(
    perSecond: number,
    next: Date | null,
    private readonly now: number,
  ) {
    this.#intervalMs = 1000 / perSecond;
    const earliest = this.#intervalMs < CATCH_UP_MS ? now - CATCH_UP_MS : now;
    this.#nextAt = Math.max(next?.getTime() ?? now, earliest);
  }

  /** Milliseconds until the next segment may leave; 0: now. */
  get waitMs(): number {
    const wait = this.#nextAt - this.now;
    return wait < GRAIN_MS ? 0 : wait;
  }

  /** How many segments may leave now; a text that is begun leaves whole. */
  get allowance(): number {
    return this.waitMs > 0 ? 0 : Math.floor((this.now + GRAIN_MS - 1 - this.#nextAt) / this.#intervalMs) + 1;
  }

  take(segments: number): void {
    this.#nextAt += segments * this.#intervalMs;
    this.#taken = true;
  }

  /** What is to be written down; undefined: nothing was taken. */
  get next(): Date | undefined {
    return this.#taken ? new Date(this.#nextAt) : undefined;
  }
}
