/** How often each address is answered that has proved nothing: a bucket of tokens for each, and a bound on buckets. */
import type { Clock } from '#clock.js';

/** An office of phones behind one address registers at once after a power cut. */
const BURST = 200;
const PER_SECOND = 50;
const MAX_ADDRESSES = 1_000;

export class StrangerLimit {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admits(address: string): boolean {
    const now = this.#clock.now();
    const known = this.#buckets.get(address);
    const refilled = known === undefined ? BURST : known.tokens + (Math.max(0, now - known.at) * PER_SECOND) / 1000;
    const tokens = Math.min(BURST, refilled);
    const isAdmitted = tokens >= 1;
    // Again at the end: the first one is the one not heard of the longest.
    this.#buckets.delete(address);
    this.#buckets.set(address, { tokens: isAdmitted ? tokens - 1 : tokens, at: now });
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size > MAX_ADDRESSES && oldest.done !== true) this.#buckets.delete(oldest.value);
    return isAdmitted;
  }
}
