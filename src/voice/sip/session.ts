/**
 * The session of one dialog: what its offers and answers agreed on (RFC 3264). The early dialogs of a forked INVITE have
 * one each, and the leg hears the one that is selected.
 */
import type { MediaDirection, MediaSession } from '#voice/media/media-port.js';
import { answerOffer, makeOffer, readAnswer, type Agreed, type NoSession } from '#voice/sdp/offer-answer.js';
import { parseSessionDescription, SdpError } from '#voice/sdp/session-description.js';
import type { LegMedia } from '#voice/sip/leg-media.js';

/** What became of a session description of the far end. */
export type Negotiated = { ok: true; body: Buffer } | NoSession;

export class Session {
  readonly #media: LegMedia;
  readonly #takesInfo: () => boolean;
  #agreed: Agreed | undefined;
  #offered: MediaDirection = 'sendrecv';
  #isHeldByThem = false;

  /** `takesInfo`: whether the far end has said that it takes INFO. */
  constructor(media: LegMedia, takesInfo: () => boolean) {
    this.#media = media;
    this.#takesInfo = takesInfo;
  }

  /** Undefined as long as nothing is agreed on. */
  get agreed(): MediaSession | undefined {
    const session = this.#agreed?.session;
    return session && this.#takesInfo() ? { ...session, dtmfByInfo: true } : session;
  }

  /** The far end does not want to hear us. */
  get isHeldByThem(): boolean {
    return this.#isHeldByThem;
  }

  /** An offer of ours; `accept` takes its answer. */
  offer(direction: MediaDirection = this.#media.direction): Buffer {
    this.#offered = direction;
    return this.#media.describe(makeOffer(this.#media.local, direction, this.#agreed));
  }

  /** Answers an offer of the far end and changes the session accordingly. */
  answer(offer: Buffer): Negotiated {
    return this.#negotiate(() => {
      const made = answerOffer(parseSessionDescription(offer), this.#media.local, this.#media.direction);
      if (!made.ok) return made;
      const body = this.#media.describe(made.answer);
      this.#agree(made, true);
      return { ok: true, body };
    });
  }

  /** Takes the far end's answer to our offer. */
  accept(answer: Buffer): Negotiated {
    return this.#negotiate(() => {
      const read = readAnswer(parseSessionDescription(answer), this.#offered, this.#agreed);
      if (!read.ok) return read;
      // Whoever is told that we do not listen has no reason to speak; it says nothing about a hold of its own.
      this.#agree(read, this.#offered === 'sendrecv');
      return { ok: true, body: answer };
    });
  }

  #agree(agreed: Agreed, saysHold: boolean): void {
    this.#agreed = agreed;
    if (saysHold) this.#isHeldByThem = agreed.holds;
    this.#media.onAgreed(this);
  }

  #negotiate(attempt: () => Negotiated): Negotiated {
    try {
      return attempt();
    } catch (error) {
      if (error instanceof SdpError) return { ok: false, reason: error.message };
      throw error;
    }
  }
}
