import type { Clock, Timer } from '#clock.js';
import type { Background } from '#jobs/background.js';

/**
 * Runs one piece of looking-for-work, never twice at once: when woken, and at the latest after the delay (ms) that the
 * last run asked for. A wake during a run starts one more run after it.
 */
export class WakeableLoop {
  #running = false;
  #again = false;
  #stopped = false;
  #timer: Timer | undefined;

  constructor(
    private readonly name: string,
    private readonly parts: { clock: Clock; background: Background },
    private readonly work: () => Promise<number>,
    private readonly retryMs = 1000,
  ) {}

  wake = (): void => {
    if (this.#stopped) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    this.#timer?.cancel();
    this.parts.background.run(this.name, () => this.#run());
  };

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    let waitMs = this.retryMs;
    try {
      do {
        this.#again = false;
        waitMs = await this.work();
      } while (this.#again && !this.#isStopped());
    } finally {
      this.#running = false;
      if (!this.#stopped) this.#timer = this.parts.clock.after(waitMs, this.wake);
    }
  }

  #isStopped(): boolean {
    return this.#stopped;
  }
}
