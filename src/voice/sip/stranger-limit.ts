/**
 * How often those are answered that have proved nothing: a bucket of tokens for each address, with a bound on buckets,
 * and one for all addresses together, since over UDP they are easily forged.
 */
import type { Clock } from '#clock.js';
import { networkOf } from '#voice/sip/address-network.js';

/** An office of phones behind one address registers at once after a power cut. */
const OF_ONE = { burst: 200, perSecond: 50 };
/** Some ten times that; more than that we would send to addresses that may never have asked. */
const OF_ALL = { burst: 2_000, perSecond: 500 };
const MAX_ADDRESSES = 1_000;

interface Bucket {
  tokens: number;
  at: number;
}

export class StrangerLimit {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  #all: Bucket | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admits(address: string): boolean {
    const network = networkOf(address);
    const own = this.#refilled(this.#buckets.get(network), OF_ONE);
    const all = (this.#all = this.#refilled(this.#all, OF_ALL));
    const isAdmitted = own.tokens >= 1 && all.tokens >= 1;
    if (isAdmitted) {
      own.tokens -= 1;
      all.tokens -= 1;
    }
    // Again at the end: the first one is the one not heard of the longest.
    this.#buckets.delete(network);
    this.#buckets.set(network, own);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size > MAX_ADDRESSES && oldest.done !== true) this.#buckets.delete(oldest.value);
    return isAdmitted;
  }

  #refilled(known: Bucket | undefined, { burst, perSecond }: typeof OF_ONE): Bucket {
    const at = this.#clock.now();
    const tokens = known === undefined ? burst : known.tokens + (Math.max(0, at - known.at) * perSecond) / 1000;
    return { tokens: Math.min(burst, tokens), at };
  }
}
