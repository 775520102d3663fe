/** Work that others do for us, a program or a provider: so much at once, so much waiting, so long and no longer. */
import type { Clock } from '#clock.js';

export interface BoundedWorkOptions {
  clock: Clock;
  atOnce: number;
  maxWaiting: number;
  /** From the asking on, so that waiting counts. Milliseconds. */
  withinMs: number;
  /** Makes the error that callers get, from a sentence. */
  failure: (message: string) => Error;
}

export class BoundedWork {
  readonly #options: BoundedWorkOptions;
  readonly #waiting: (() => void)[] = [];
  readonly #ends = new Set<(message: string) => void>();
  #running = 0;
  #closed = false;

  constructor(options: BoundedWorkOptions) {
    this.#options = options;
  }

  /** `work` stops what it does when the signal says so; whoever waits for it does not wait for that. */
  run<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { atOnce, maxWaiting, withinMs, clock, failure } = this.#options;
    if (this.#closed) return Promise.reject(failure('closed'));
    if (this.#running >= atOnce && this.#waiting.length >= maxWaiting) {
      return Promise.reject(failure(`too busy: ${maxWaiting} requests are waiting already`));
    }
    return new Promise((resolve, reject) => {
      const abort = new AbortController();
      const end = (message: string): void => {
        reject(failure(message));
        abort.abort();
        const place = this.#waiting.indexOf(start);
        if (place >= 0) this.#waiting.splice(place, 1);
        forget();
      };
      const forget = (): void => {
        this.#ends.delete(end);
        timer.cancel();
      };
      const start = (): void => {
        this.#running++;
        void work(abort.signal)
          .then(resolve, reject)
          .finally(() => {
            forget();
            this.#running--;
            this.#waiting.shift()?.();
          });
      };
      const timer = clock.after(withinMs, () => end(`no answer within ${withinMs / 1000} s`));
      this.#ends.add(end);
      if (this.#running < atOnce) start();
      else this.#waiting.push(start);
    });
  }

  /** Rejects what is under way and waiting. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#ends]) end('closed');
  }
}
