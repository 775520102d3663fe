/**
 * Keeps a provider that is down from delaying every call by its time limit: after two failures in a row it is left
 * alone for half a minute, then asked once; the answer to that decides. M. Nygard, "Release It!", Circuit Breaker.
 */
import type { Clock } from '#clock.js';

export const FAILURES_TO_OPEN = 2;
export const OPEN_MS = 30_000;

export class CircuitBreaker {
  readonly #clock: Clock;
  #failures = 0;
  #retryAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether to try now. While it is open, true for one try in half a minute. */
  admit(): boolean {
    if (this.#failures < FAILURES_TO_OPEN) return true;
    if (this.#clock.now() < this.#retryAt) return false;
    this.#retryAt = this.#clock.now() + OPEN_MS;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures++;
    this.#retryAt = this.#clock.now() + OPEN_MS;
  }
}
