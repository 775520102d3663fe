/** Changes of a session that the far end asks for: re-INVITE (RFC 3261 section 14.2) and UPDATE (RFC 3311). */
import { createResponse } from '#voice/sip/create-response.js';
import type { Dialog } from '#voice/sip/dialog.js';
import type { SipResponse } from '#voice/sip/message.js';
import { CAPABILITIES, isSdp, warning } from '#voice/sip/session-body.js';
import type { Session } from '#voice/sip/session.js';
import { tooShortTimer, type SessionTimer } from '#voice/sip/session-timer.js';
import { SDP_TYPE, type Signalling } from '#voice/sip/signalling.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';

export interface ChangingCall {
  signalling: Signalling;
  dialog: Dialog;
  session: Session;
  timer: SessionTimer;
  /**
   * `early`: the INVITE that makes the dialog has no final answer. `agreed early`: but its offer has one that is sure to
   * have arrived (RFC 3262).
   */
  phase: 'early' | 'agreed early' | 'up';
  /** An offer of ours has no answer, or an answer of ours no ACK. */
  isOfferOpen: boolean;
  /** Sends the 2xx to an INVITE until its ACK, which brings the answer where we `offered`. */
  accept(response: SipResponse, offered: boolean): void;
}

/** Seconds, below which the far end may try again what has come too early. */
const MAX_RETRY_AFTER_SECONDS = 10;

/** @throws SipParseError */
export function answerChange(transaction: ServerTransaction, from: Peer, call: ChangingCall): void {
  const { signalling, dialog, session, timer } = call;
  const { request } = transaction;
  const isInvite = request.method === 'INVITE';
  const hasOffer = request.body.length > 0;
  const refuse = (status: number, headers: Iterable<readonly [string, string]> = []): void =>
    signalling.respond(transaction, status, { headers: [...headers] });

  const obstacle = obstacleTo(isInvite, hasOffer, call);
  if (obstacle !== undefined) return refuse(obstacle, obstacle === 500 ? [retryAfter(signalling)] : []);
  if (hasOffer && !isSdp(request)) return refuse(415, [['Accept', SDP_TYPE]]);
  const tooShort = tooShortTimer(signalling, request);
  if (tooShort !== undefined) return refuse(422, tooShort);
  // First of all, because a Contact that cannot be read must not change the session.
  dialog.refreshTarget(request, from);

  let body: Buffer = Buffer.alloc(0);
  if (hasOffer) {
    const answer = session.answer(request.body);
    if (!answer.ok) return refuse(488, [['Warning', warning(answer.reason)]]);
    body = answer.body;
  } else if (isInvite) {
    body = session.offer();
  }
  const response = createResponse(request, 200, {
    headers: [
      ['Contact', signalling.contact(from)],
      ...CAPABILITIES,
      ...(call.phase === 'up' ? timer.accept(request) : []),
      ...(body.length > 0 ? ([['Content-Type', SDP_TYPE]] as const) : []),
      ['Server', signalling.userAgent],
    ],
    body,
  });
  if (isInvite) call.accept(response, !hasOffer);
  else transaction.respond(response);
}

/** The status that refuses a change for now: 491 where both want something, 500 where the far end was too fast for us. */
function obstacleTo(isInvite: boolean, hasOffer: boolean, call: ChangingCall): 491 | 500 | undefined {
  if (call.phase === 'up') return (isInvite || hasOffer) && call.isOfferOpen ? 491 : undefined;
  if (isInvite || (hasOffer && call.phase === 'early')) return call.dialog.isCaller ? 491 : 500;
  return undefined;
}

function retryAfter({ random }: Signalling): [string, string] {
  return ['Retry-After', String(Math.floor(random() * MAX_RETRY_AFTER_SECONDS))];
}
