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
  readonly #watches = new Map<string, (answer: FirstAnswer) => void>();

  constructor(private readonly clock: Clock) {}

  /** Calls that are watched now. */
  get watched(): number {
    return this.#watches.size;
  }

  tell(callId: string, answer: FirstAnswer): void {
    this.#watches.get(callId)?.(answer);
  }

  /** Begin it before the call is dialled. One watch of a call at a time. */
  watch(callId: string): AnswerWatch {
    let told: FirstAnswer | undefined;
    let onTold: () => void = () => undefined;
    this.#watches.set(callId, (answer) => {
      told = answer;
      onTold();
    });
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
        this.#watches.delete(callId);
        onTold();
      },
    };
  }
}
