import type { Clock, Timer } from '#clock.js';

/** The running timers of one state machine, by their RFC letter. */
export class TimerSet<Name extends string> {
  readonly #clock: Clock;
  readonly #running = new Map<Name, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Replaces the timer of that name. */
  start(name: Name, delayMs: number, run: () => void): void {
    this.cancel(name);
    const timer = this.#clock.after(delayMs, () => {
      this.#running.delete(name);
      run();
    });
    this.#running.set(name, timer);
  }

  isRunning(name: Name): boolean {
    return this.#running.has(name);
  }

  cancel(...names: Name[]): void {
    for (const name of names) {
      this.#running.get(name)?.cancel();
      this.#running.delete(name);
    }
  }

  cancelAll(): void {
    for (const timer of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}
