import type { Clock, Timer } from '#clock.js';

/** Whoever speaks hears so long before the longest call is over that it will be. */
const WARNED_SECONDS = 30;

/** Ends a call that has lasted as long as one may. */
export class LongestCall {
  readonly #timers: Timer[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly seconds: number,
    private readonly call: { warn(): void; end(): void },
  ) {}

  /** From the answer on. */
  start(): void {
    const after = (seconds: number, run: () => void): void =>
      void this.#timers.push(this.clock.after(seconds * 1000, run));
    if (this.seconds > WARNED_SECONDS) after(this.seconds - WARNED_SECONDS, () => this.call.warn());
    after(this.seconds, () => this.call.end());
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
  }
}
