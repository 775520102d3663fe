/** Longer than an INVITE transaction lives (64 × T1), so that a loss test fails by its own words first. */
const LONGEST_WAIT_MS = 40_000;

/**
 * Waiting without polling: whoever changes something calls `changed()`, and every waiting probe looks again.
 * A wait that runs out rejects with what was awaited and what was seen instead.
 */
export class Watch {
  readonly #waiting = new Set<() => void>();
  readonly #abandon = new Set<(why: string) => void>();

  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves with the first value of `probe` that is not undefined. */
  until<T>(
    awaited: string,
    probe: () => T | undefined,
    seen: () => string,
    withinMs: number = LONGEST_WAIT_MS,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        this.#abandon.delete(giveUp);
      };
      const look = (): void => {
        const value = probe();
        if (value === undefined) return;
        settle();
        resolve(value);
      };
      const giveUp = (why: string): void => {
        settle();
        reject(new Error(`waited for ${awaited}, ${why}; seen: ${seen()}`));
      };
      const timer = setTimeout(() => giveUp(`not within ${withinMs} ms`), withinMs);
      this.#waiting.add(look);
      this.#abandon.add(giveUp);
      look();
    });
  }

  /** Ends all waits: nothing will change any more. */
  close(why: string): void {
    for (const giveUp of [...this.#abandon]) giveUp(why);
  }
}

/** Timers that can all be stopped at once, when their owner closes. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();
  #closed = false;

  /** Returns the timer's cancellation. */
  after(delayMs: number, run: () => void): () => void {
    if (this.#closed) return () => undefined;
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      run();
    }, delayMs);
    this.#running.add(timer);
    return () => {
      clearTimeout(timer);
      this.#running.delete(timer);
    };
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}
