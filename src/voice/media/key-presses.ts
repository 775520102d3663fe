/**
 * The keys of a far end that tells them in more than one way, as some gateways do: a press that comes by telephone event
 * and by SIP INFO or as a tone is one press.
 */
import type { DtmfWay } from '#voice/engine.js';

/** The second way is no later than that: SIP INFO may have been sent again once. */
export const SAME_PRESS_MS = 1_000;
/** Presses that are remembered; nobody types so fast. */
const MAX_REMEMBERED = 32;

interface Told {
  digit: string;
  via: DtmfWay;
  atMs: number;
  /** The other ways by which the same press has come. */
  again: DtmfWay[];
}

export class KeyPresses {
  #told: Told[] = [];

  /** Whether it is a new press. Each press that was told swallows one of each other way. */
  isNew(digit: string, via: DtmfWay, nowMs: number): boolean {
    this.#told = this.#told.filter(({ atMs }) => nowMs - atMs < SAME_PRESS_MS);
    const same = this.#told.find((told) => told.digit === digit && told.via !== via && !told.again.includes(via));
    if (same) {
      same.again.push(via);
      return false;
    }
    this.#told.push({ digit, via, atMs: nowMs, again: [] });
    if (this.#told.length > MAX_REMEMBERED) this.#told.shift();
    return true;
  }
}
