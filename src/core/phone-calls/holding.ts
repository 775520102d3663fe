import type { Clock, Timer } from '#clock.js';
import type { Activity } from '#core/phone-calls/activity.js';

/** Nobody is rung for a while. */
export class Holding implements Activity {
  readonly #timer: Timer;

  constructor(clock: Clock, seconds: number, done: () => void) {
    this.#timer = clock.after(seconds * 1000, done);
  }

  onEvent(): void {
    // Its music is the caller's, and that they leave the run's affair.
  }

  stop(): void {
    this.#timer.cancel();
  }
}
