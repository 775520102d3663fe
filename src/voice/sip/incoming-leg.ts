/**
 * A leg that rings us: an INVITE of a trunk or phone that has been let in (RFC 3261 section 13.3). Heard before the
 * answer (183) and answered when told to; the answer counts from its ACK.
 */
import type { Timer } from '#clock.js';
import type { LegId } from '#voice/engine.js';
import type { Media } from '#voice/media/media-port.js';
import { createResponse } from '#voice/sip/create-response.js';
import { Dialog } from '#voice/sip/dialog.js';
import type { DigestClient } from '#voice/sip/digest-client.js';
import { reasonHeader, reasonOf } from '#voice/sip/end-cause.js';
import { newTag } from '#voice/sip/ids.js';
import { InDialog } from '#voice/sip/in-dialog.js';
import { Leg, type HangUp, type LegEnd, type LegUser } from '#voice/sip/leg.js';
import type { SipRequest } from '#voice/sip/message.js';
import { ReliableProvisionals } from '#voice/sip/reliable-provisionals.js';
import { isSdp, warning } from '#voice/sip/session-body.js';
import { ALLOW, SDP_TYPE, type Signalling } from '#voice/sip/signalling.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';
import { hasOption, SUPPORTED } from '#voice/sip/unsupported.js';

export interface Ringing {
  leg: LegId;
  transaction: ServerTransaction;
  from: Peer;
  /** See `DialogOptions`. */
  followsSource: boolean;
  /** What the caller may ask us for, within the call. */
  digest: DigestClient | undefined;
}

const DEFAULT_REFUSAL = 480;

/** `accepting`: our 200 is on its way, its ACK has not come. */
type State = 'waiting' | 'accepting' | 'answered';

export class IncomingLeg extends Leg {
  readonly #transaction: ServerTransaction;
  readonly #from: Peer;
  readonly #tag = newTag();
  readonly #inDialog: InDialog;
  readonly #unanswered: Timer;
  #state: State = 'waiting';
  /** What is to be sent as soon as there is a port to name. */
  #wanted: 'early' | 'answer' | undefined;
  /** The session description that our 183 had: the 200 repeats it (RFC 3261 section 13.2.1). */
  #described: Buffer | undefined;
  /** Offer and answer have both arrived, before the call is answered. */
  #isAgreed = false;
  readonly #provisionals: ReliableProvisionals;

  /** @throws SipParseError */
  constructor(signalling: Signalling, media: Media, ringing: Ringing, user: LegUser) {
    const { leg, transaction, from, followsSource, digest } = ringing;
    super(signalling, media, leg, user);
    this.#transaction = transaction;
    this.#from = from;
    const options = { followsSource, userAgent: signalling.userAgent };
    const dialog = Dialog.ofCallee(transaction.request, this.#tag, from, options);
    this.#inDialog = new InDialog(signalling, dialog, this.media, digest, {
      onBye: (reason) => this.#onBye(reason),
      onAcknowledged: (ack) => this.#onAcknowledged(ack),
      onLost: (end) => this.finish({ ...end, sipCode: 200 }),
      onPrack: (prack) => this.#onPrack(prack),
    });
    this.media.select(this.#inDialog.session);
    this.#provisionals = new ReliableProvisionals(signalling, transaction, () => {
      this.#refuse(500, { cause: 'unreachable', by: 'us', sipCode: 500, sipReason: 'no PRACK for our ringing' });
    });
    const expiresMs = expiresOf(transaction.request) * 1_000;
    this.#unanswered = signalling.clock.after(Math.min(expiresMs, signalling.waits.incomingRing), () => {
      if (expiresMs < signalling.waits.incomingRing) return this.#onGoneBeforeAnswer('the INVITE has expired');
      this.#refuse(DEFAULT_REFUSAL, { cause: 'no_answer', by: 'us', sipCode: DEFAULT_REFUSAL });
    });
  }

  /** Once the engine knows the leg: a CANCEL may have come already. */
  begin(): void {
    this.#transaction.onFailed((why) => {
      if (this.#isUnanswered()) this.#drop({ cause: 'unreachable', by: 'us', sipReason: why });
    });
    this.#transaction.onCancel((cancel) => this.#onGoneBeforeAnswer(reasonOf(cancel)));
  }

  ring(): void {
    if (this.#isUnanswered()) this.#provisional(180);
  }

  early(): void {
    if (!this.#isUnanswered() || this.#wanted !== undefined || this.#described !== undefined) return;
    // An offer of ours may only go out where it is sure to arrive (RFC 3261 section 13.2.1).
    if (this.#isOfferOurs() && !this.#takesReliable()) return this.#provisional(183);
    this.#want('early');
  }

  answer(): void {
    if (this.#isUnanswered()) this.#want('answer');
  }

  hold(on: boolean): void {
    if (this.isAnswered) this.#inDialog.hold(on);
  }

  #isOfferOurs(): boolean {
    return this.#transaction.request.body.length === 0;
  }

  #takesReliable(): boolean {
    const { request } = this.#transaction;
    return hasOption(request, 'Supported', '100rel') || hasOption(request, 'Require', '100rel');
  }

  /** One with a description is sent reliably where that can be, and every one where it must be (RFC 3262 section 3). */
  #provisional(status: 180 | 183, body?: Buffer): void {
    const response = this.#response(status, body);
    const isReliable =
      body === undefined ? hasOption(this.#transaction.request, 'Require', '100rel') : this.#takesReliable();
    if (isReliable) this.#provisionals.send(response);
    else this.#transaction.respond(response);
  }

  #want(what: 'early' | 'answer'): void {
    this.#wanted = what;
    if (this.media.isOpen) this.onMediaOpened();
    else this.media.open();
  }

  protected get isAnswered(): boolean {
    return this.#state === 'answered';
  }

  get inDialog(): InDialog {
    return this.#inDialog;
  }

  hangup(why: HangUp): void {
    if (this.#isUnanswered()) {
      const status = refusalStatus(why);
      const reason = why.reason?.slice(0, 200);
      const end: LegEnd = { cause: why.cause ?? 'canceled', by: 'us', sipCode: status };
      this.#refuse(status, { ...end, ...(reason !== undefined && { sipReason: reason }) }, why);
      return;
    }
    if (this.isFinished) return;
    this.#inDialog.bye(reasonHeader(why.sipCode, why.reason));
    const reason = why.reason?.slice(0, 200);
    this.finish({
      cause: why.cause ?? 'hangup',
      by: 'us',
      sipCode: 200,
      ...(reason !== undefined && { sipReason: reason }),
    });
  }

  protected onMediaOpened(): void {
    if (this.#wanted === undefined || !this.#isUnanswered()) return;
    // No 2xx may overtake what is not sure to have arrived yet (RFC 3262 section 3).
    if (this.#wanted === 'answer' && !this.#provisionals.isIdle) return;
    const isEarly = this.#wanted === 'early';
    this.#wanted = undefined;
    this.#described ??= this.#describe();
    if (this.#described === undefined) return;
    if (isEarly) {
      this.#provisional(183, this.#described);
      if (!this.#isOfferOurs()) this.media.release();
      return;
    }
    this.#unanswered.cancel();
    this.#state = 'accepting';
    const isOffer = this.#isOfferOurs() && !this.#isAgreed;
    const body = this.#isAgreed ? undefined : this.#described;
    const fields = this.#inDialog.sessionFields(this.#transaction.request);
    this.#inDialog.accept(this.#transaction, this.#response(200, body, fields), isOffer);
  }

  #onPrack(transaction: ServerTransaction): void {
    const { request } = transaction;
    const acknowledged = this.#isUnanswered() ? this.#provisionals.acknowledge(request) : undefined;
    if (acknowledged === undefined) return this.signalling.respond(transaction, 481);
    const isDescribed = acknowledged.body.length > 0;
    const hasBody = request.body.length > 0;
    if (hasBody && !isSdp(request)) {
      return this.signalling.respond(transaction, 415, { headers: [['Accept', SDP_TYPE]] });
    }
    const isAnswer = isDescribed && this.#isOfferOurs();
    const answer = isAnswer ? this.#inDialog.session.accept(request.body) : undefined;
    const offered = hasBody && !isAnswer ? this.#inDialog.session.answer(request.body) : undefined;
    if (offered?.ok === false) {
      this.signalling.respond(transaction, 488, { headers: [['Warning', warning(offered.reason)]] });
    } else {
      const sdp = offered && { headers: [['Content-Type', SDP_TYPE]] as [string, string][], body: offered.body };
      this.signalling.respond(transaction, 200, sdp);
    }
    if (answer?.ok === false) return this.#refuseSession(answer.reason);
    if (isDescribed) this.#agreed();
    this.#provisionals.next();
    if (this.#wanted !== undefined) this.#want(this.#wanted);
  }

  /** The far end has our description for certain, and we have its. */
  #agreed(): void {
    this.#isAgreed = true;
    this.#inDialog.agreedEarly();
    this.media.release();
  }

  /** Our answer to the INVITE's offer, or our offer; undefined: there is none, and the call has been refused. */
  #describe(): Buffer | undefined {
    const { session } = this.#inDialog;
    this.media.setAddress(this.signalling.mediaAddress(this.#from));
    if (this.#isOfferOurs()) return session.offer();
    const answer = session.answer(this.#transaction.request.body);
    if (answer.ok) return answer.body;
    this.#refuseSession(answer.reason);
    return undefined;
  }

  #refuseSession(sipReason: string): void {
    const end: LegEnd = { cause: 'incompatible', by: 'us', sipCode: 488, sipReason };
    this.#refuse(488, end, {}, [['Warning', warning(sipReason)]]);
  }

  protected override finish(end: LegEnd): void {
    this.#unanswered.cancel();
    this.#provisionals.stop();
    super.finish(end);
  }

  #isUnanswered(): boolean {
    return !this.isFinished && this.#state === 'waiting';
  }

  #onAcknowledged(ack: SipRequest): void {
    if (this.isFinished) return;
    const isAnswer = this.#isOfferOurs() && !this.#isAgreed;
    const answer = isAnswer ? this.#inDialog.session.accept(ack.body) : undefined;
    if (answer?.ok === false) return this.hangup({ cause: 'incompatible', sipCode: 488, reason: answer.reason });
    this.#state = 'answered';
    this.answered(200);
  }

  #onBye(reason: string | undefined): void {
    if (this.#isUnanswered()) return this.#onGoneBeforeAnswer(reason);
    this.finish({ cause: 'hangup', by: 'them', sipCode: 200, ...(reason !== undefined && { sipReason: reason }) });
  }

  #onGoneBeforeAnswer(reason: string | undefined): void {
    if (!this.#isUnanswered()) return;
    this.#refuse(487, {
      cause: 'canceled',
      by: 'them',
      sipCode: 487,
      ...(reason !== undefined && { sipReason: reason }),
    });
  }

  #refuse(status: number, end: LegEnd, why: HangUp = {}, headers: [string, string][] = []): void {
    if (!this.#isUnanswered()) return;
    const reason = reasonHeader(why.sipCode, why.reason);
    const all = reason === undefined ? headers : [...headers, ['Reason', reason] as [string, string]];
    this.signalling.respond(this.#transaction, status, { toTag: this.#tag, headers: all });
    this.#drop(end);
  }

  #drop(end: LegEnd): void {
    this.#inDialog.close();
    this.finish(end);
  }

  /** A response that makes the dialog (RFC 3261 section 12.1.1). */
  #response(status: number, body?: Buffer, fields: (readonly [string, string])[] = []) {
    const { request } = this.#transaction;
    return createResponse(request, status, {
      toTag: this.#tag,
      headers: [
        ...request.headers.getAll('Record-Route').map((route) => ['Record-Route', route] as const),
        ['Contact', this.signalling.contact(this.#from)],
        ['Allow', ALLOW],
        ['Supported', SUPPORTED.join(', ')],
        ...fields,
        ...(body !== undefined ? ([['Content-Type', SDP_TYPE]] as const) : []),
        ['Server', this.signalling.userAgent],
      ],
      ...(body !== undefined && { body }),
    });
  }
}

/** How long the caller waits (RFC 3261 section 13.3.1), seconds. */
function expiresOf({ headers }: SipRequest): number {
  const value = headers.get('Expires')?.trim() ?? '';
  return /^\d{1,10}$/.test(value) ? Number(value) : Infinity;
}

function refusalStatus(why: HangUp): number {
  if (why.sipCode !== undefined && why.sipCode >= 400 && why.sipCode <= 699) return why.sipCode;
  return why.cause === 'engine_failed' ? 503 : DEFAULT_REFUSAL;
}
