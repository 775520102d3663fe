/** Whether a trunk lives, by asking it now and then (OPTIONS, RFC 3261 section 11). */
import type { Clock, Timer } from '#clock.js';
import type { ProbeResult } from '#voice/sip/probe.js';

export const DEFAULT_HEALTH_SECONDS = 60;
/** The first question comes within so long of the start, not all trunks' at once. */
const FIRST_WITHIN_SECONDS = 5;

export class TrunkHealth {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #everySeconds: number;
  readonly #probe: () => Promise<ProbeResult[]>;
  readonly #onAnswers: (results: ProbeResult[]) => void;
  #timer: Timer | undefined;
  #closed = false;

  /** `probe` never rejects. */
  constructor(options: {
    clock: Clock;
    random: () => number;
    everySeconds: number;
    /** One result at least. */
    probe: () => Promise<ProbeResult[]>;
    onAnswers: (results: ProbeResult[]) => void;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#everySeconds = options.everySeconds;
    this.#probe = options.probe;
    this.#onAnswers = options.onAnswers;
    this.#after(Math.min(FIRST_WITHIN_SECONDS, this.#everySeconds) * this.#random());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #after(seconds: number): void {
    this.#timer = this.#clock.after(seconds * 1000, () => {
      void this.#probe().then((results) => {
        if (this.#closed) return;
        this.#after(this.#everySeconds * (0.9 + 0.2 * this.#random()));
        this.#onAnswers(results);
      });
    });
  }
}
