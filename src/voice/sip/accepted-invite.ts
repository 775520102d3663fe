/**
 * A 2xx of ours that waits for its ACK (RFC 3261 section 13.3.1.4): sent again after T1, 2·T1, … up to T2, over every
 * transport, and given up after 64·T1.
 */
import type { Timer } from '#clock.js';
import type { SipResponse } from '#voice/sip/message.js';
import type { Signalling } from '#voice/sip/signalling.js';
import type { ServerTransaction } from '#voice/sip/transport.js';

const GIVE_UP_AFTER_T1 = 64;

export class AcceptedInvite {
  readonly #signalling: Signalling;
  readonly #transaction: ServerTransaction;
  readonly #response: SipResponse;
  #again: Timer;
  readonly #giveUp: Timer;

  constructor(
    signalling: Signalling,
    transaction: ServerTransaction,
    response: SipResponse,
    onUnacknowledged: () => void,
  ) {
    this.#signalling = signalling;
    this.#transaction = transaction;
    this.#response = response;
    transaction.respond(response);
    this.#again = this.#repeatAfter(signalling.waits.t1);
    this.#giveUp = signalling.clock.after(GIVE_UP_AFTER_T1 * signalling.waits.t1, () => {
      this.stop();
      onUnacknowledged();
    });
  }

  /** The ACK came, or nobody waits for it any more. Idempotent. */
  stop(): void {
    this.#again.cancel();
    this.#giveUp.cancel();
  }

  #repeatAfter(waitMs: number): Timer {
    return this.#signalling.clock.after(waitMs, () => {
      this.#transaction.respond(this.#response);
      this.#again = this.#repeatAfter(Math.min(2 * waitMs, this.#signalling.waits.t2));
    });
  }
}
