import type { Clock } from '#clock.js';

/** `ringing`: the far end gave a sign of its own, up to the answer. `ended`: the call has its terminal state. */
export type FirstAnswer = 'ringing' | 'ended';

/** One wait for a call's first answer. */
export interface AnswerWatch {
  /** What was told since the watch began; undefined: nothing within `ms`, or it was closed. */
  within(ms: number): Promise<FirstAnswer | undefined>;
  close: () => void;
}

/** Tells whoever watches a code's call that this process conducts of its first answer. Nothing is kept of others. */
export class FirstAnswers {
  readonly #watches = new Map<string, Set<(answer: FirstAnswer) => void>>();

  constructor(private readonly clock: Clock) {}

  /** Calls that are watched now. */
  get watched(): number {
    return this.#watches.size;
  }

  tell(callId: string, answer: FirstAnswer): void {
    for (const watch of this.#watches.get(callId) ?? []) watch(answer);
  }

  /** Tells only of what comes after it began. */
  watch(callId: string): AnswerWatch {
    let told: FirstAnswer | undefined;
    let onTold: () => void = () => undefined;
    const watch = (answer: FirstAnswer): void => {
      told = answer;
      onTold();
    };
    const watches = this.#watches.get(callId) ?? new Set();
    this.#watches.set(callId, watches.add(watch));
    return {
      within: (ms) =>
        new Promise((resolve) => {
          if (told !== undefined) return resolve(told);
          const timer = this.clock.after(ms, () => resolve(undefined));
          onTold = () => {
            timer.cancel();
            resolve(told);
          };
        }),
      close: () => {
        watches.delete(watch);
        if (watches.size === 0 && this.#watches.get(callId) === watches) this.#watches.delete(callId);
        onTold();
      },
    };
  }
}
