import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '#clock.js';

export interface NonceOptions {
  /** Secret, of 32 bytes or more. A server that keeps it over a restart keeps its nonces valid. */
  key: Buffer;
  clock: Clock;
  /** Default 5 minutes. */
  lifetimeMs?: number;
  /** How many nonces in use are remembered, for their counts. Default 10,000. */
  maxRemembered?: number;
}

const TIME_BYTES = 6;
const RANDOM_BYTES = 10;
const MAC_BYTES = 16;
const MAX_NONCE_COUNT = 0xffff_ffff;

export type NonceVerdict =
  /** Issued by us to this address and in time. */
  | 'valid'
  /** Issued by us to this address, but too old, or its counts are no longer remembered. */
  | 'stale'
  /** Not issued by us, or to another address. */
  | 'foreign';

/**
 * Nonces that carry their own proof: time, random bytes, and an HMAC over both and the peer's address. So a challenge
 * costs no memory; only a nonce that was used with right credentials is remembered, for its count.
 */
export class Nonces {
  readonly #key: Buffer;
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #maxRemembered: number;
  /** The highest count seen, by nonce, in order of first use. */
  readonly #counts = new Map<string, { issuedAt: number; count: number }>();
  /** Nonces up to this time that are not remembered may have been used and forgotten. */
  #forgottenUntil = -1;

  constructor({ key, clock, lifetimeMs = 300_000, maxRemembered = 10_000 }: NonceOptions) {
    this.#key = key;
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#maxRemembered = maxRemembered;
  }

  issue(address: string): string {
    const head = Buffer.alloc(TIME_BYTES + RANDOM_BYTES);
    head.writeUIntBE(this.#clock.now(), 0, TIME_BYTES);
    randomBytes(RANDOM_BYTES).copy(head, TIME_BYTES);
    return Buffer.concat([head, this.#mac(head, address)]).toString('base64url');
  }

  check(nonce: string, address: string): NonceVerdict {
    const bytes = Buffer.from(nonce, 'base64url');
    const isCanonical = bytes.length === TIME_BYTES + RANDOM_BYTES + MAC_BYTES && bytes.toString('base64url') === nonce;
    if (!isCanonical) return 'foreign';
    const head = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES);
    if (!timingSafeEqual(bytes.subarray(head.length), this.#mac(head, address))) return 'foreign';
    const issuedAt = bytes.readUIntBE(0, TIME_BYTES);
    const isForgotten = issuedAt <= this.#forgottenUntil && !this.#counts.has(nonce);
    return this.#clock.now() - issuedAt > this.#lifetimeMs || isForgotten ? 'stale' : 'valid';
  }

  /**
   * Notes that a valid nonce was used with right credentials.
   * @returns false for a count that was used already: a replay, or a retransmission gone astray
   */
  use(nonce: string, count: number): boolean {
    if (!Number.isInteger(count) || count < 1 || count > MAX_NONCE_COUNT) return false;
    const known = this.#counts.get(nonce);
    if (known !== undefined) {
      if (count <= known.count) return false;
      known.count = count;
      return true;
    }
    if (this.#counts.size >= this.#maxRemembered) this.#forgetOne();
    const issuedAt = Buffer.from(nonce, 'base64url').readUIntBE(0, TIME_BYTES);
    this.#counts.set(nonce, { issuedAt, count });
    return true;
  }

  #forgetOne(): void {
    for (const [nonce, { issuedAt }] of this.#counts) {
      this.#counts.delete(nonce);
      if (this.#clock.now() - issuedAt <= this.#lifetimeMs) {
        this.#forgottenUntil = Math.max(this.#forgottenUntil, issuedAt);
      }
      return;
    }
  }

  #mac(head: Buffer, address: string): Buffer {
    return createHmac('sha256', this.#key).update(head).update(address).digest().subarray(0, MAC_BYTES);
  }
}
