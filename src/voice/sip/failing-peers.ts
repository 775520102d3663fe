/** Peers that did not answer a moment ago: they are tried last for a while (RFC 3263 section 4.3). */
import type { Clock } from '#clock.js';
import type { Peer } from '#voice/sip/transport.js';

/** Longer than from one question after a trunk's health to the end of the next that nobody answers. */
const AVOIDED_MS = 120_000;
const MAX_FAILING = 1_000;

export class FailingPeers {
  readonly #clock: Clock;
  /** Until when, in order of failing. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  failed(peer: Peer): void {
    const key = keyOf(peer);
    this.#until.delete(key);
    this.#until.set(key, this.#clock.now() + AVOIDED_MS);
    const oldest = this.#until.keys().next();
    if (this.#until.size > MAX_FAILING && oldest.done !== true) this.#until.delete(oldest.value);
  }

  answered(peer: Peer): void {
    if (this.#until.size > 0) this.#until.delete(keyOf(peer));
  }

  /** Those that work first, otherwise as they were. */
  last(peers: Peer[]): Peer[] {
    const isFailing = (peer: Peer): boolean => (this.#until.get(keyOf(peer)) ?? 0) > this.#clock.now();
    return [...peers.filter((peer) => !isFailing(peer)), ...peers.filter(isFailing)];
  }
}

function keyOf({ transport, address, port }: Peer): string {
  return `${transport} ${address} ${port}`;
}
