import type { SipRequest } from '#voice/sip/message.js';

/**
 * What was received is not SIP, or not good SIP. Thrown by every parser here. The message is our own text without
 * anything of the sender's, so that it may go out as a reason phrase.
 */
export class SipParseError extends Error {
  override readonly name = 'SipParseError';

  constructor(
    message: string,
    /** The status that a request with this fault is answered with. */
    readonly status = 400,
    /** A request whose Via, From, To, Call-ID and CSeq are there to be copied into an answer; else undefined: drop it. */
    readonly request?: SipRequest,
  ) {
    super(message);
  }
}
