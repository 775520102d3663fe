/**
 * A leg that rings us: an INVITE of a trunk or phone that has been let in (RFC 3261 section 13.3). Heard before the
 * answer (183) and answered when told to; the answer counts from its ACK.
 */
import type { Timer } from '#clock.js';
import type { LegId } from '#voice/engine.js';
import type { Media } from '#voice/media/media-port.js';
import { createResponse } from '#voice/sip/create-response.js';
import { Dialog } from '#voice/sip/dialog.js';
import { reasonHeader, reasonOf } from '#voice/sip/end-cause.js';
import { newTag } from '#voice/sip/ids.js';
import { InDialog, warning } from '#voice/sip/in-dialog.js';
import { Leg, type HangUp, type LegEnd, type LegUser } from '#voice/sip/leg.js';
import type { SipRequest } from '#voice/sip/message.js';
import { ALLOW, SDP_TYPE, type Signalling } from '#voice/sip/signalling.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';
import { SUPPORTED } from '#voice/sip/unsupported.js';

export interface Ringing {
  leg: LegId;
  transaction: ServerTransaction;
  from: Peer;
  /** See `DialogOptions`. */
  followsSource: boolean;
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

  /** @throws SipParseError */
  constructor(signalling: Signalling, media: Media, { leg, transaction, from, followsSource }: Ringing, user: LegUser) {
    super(signalling, media, leg, user);
    this.#transaction = transaction;
    this.#from = from;
    const options = { followsSource, userAgent: signalling.userAgent };
    const dialog = Dialog.ofCallee(transaction.request, this.#tag, from, options);
    this.#inDialog = new InDialog(signalling, dialog, this.media, undefined, {
      onBye: (reason) => this.#onBye(reason),
      onAcknowledged: (ack) => this.#onAcknowledged(ack),
      onUnacknowledged: () =>
        this.finish({ cause: 'unreachable', by: 'us', sipCode: 200, sipReason: 'no ACK for our answer' }),
    });
    this.#unanswered = signalling.clock.after(signalling.waits.incomingRing, () => {
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
    if (this.#isUnanswered()) this.#transaction.respond(this.#response(180));
  }

  early(): void {
    if (!this.#isUnanswered() || this.#wanted !== undefined || this.#described !== undefined) return;
    // An offer of ours may only go out where it is sure to arrive (RFC 3261 section 13.2.1).
    if (this.#transaction.request.body.length === 0) return this.#transaction.respond(this.#response(183));
    this.#want('early');
  }

  answer(): void {
    if (this.#isUnanswered()) this.#want('answer');
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
    const isEarly = this.#wanted === 'early';
    this.#wanted = undefined;
    this.#described ??= this.#describe();
    if (this.#described === undefined) return;
    if (isEarly) {
      this.#transaction.respond(this.#response(183, this.#described));
      return this.media.release();
    }
    this.#unanswered.cancel();
    this.#state = 'accepting';
    const offered = this.#transaction.request.body.length === 0;
    this.#inDialog.accept(this.#transaction, this.#response(200, this.#described), offered);
  }

  /** Our answer to the INVITE's offer, or our offer; undefined: there is none, and the call has been refused. */
  #describe(): Buffer | undefined {
    const { body } = this.#transaction.request;
    this.media.setAddress(this.signalling.mediaAddress(this.#from));
    if (body.length === 0) return this.media.offer();
    const answer = this.media.answer(body);
    if (answer.ok) return answer.body;
    const end: LegEnd = { cause: 'incompatible', by: 'us', sipCode: 488, sipReason: answer.reason };
    this.#refuse(488, end, {}, [['Warning', warning(answer.reason)]]);
    return undefined;
  }

  protected override finish(end: LegEnd): void {
    this.#unanswered.cancel();
    super.finish(end);
  }

  #isUnanswered(): boolean {
    return !this.isFinished && this.#state === 'waiting';
  }

  #onAcknowledged(ack: SipRequest): void {
    if (this.isFinished) return;
    const offered = this.#transaction.request.body.length === 0;
    const answer = offered ? this.media.accept(ack.body) : undefined;
    if (answer?.ok === false) return this.hangup({ cause: 'incompatible', sipCode: 488, reason: answer.reason });
    this.#state = 'answered';
    this.emit({ kind: 'leg.answered', leg: this.id, sipCode: 200 });
    this.media.release();
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
  #response(status: number, body?: Buffer) {
    const { request } = this.#transaction;
    return createResponse(request, status, {
      toTag: this.#tag,
      headers: [
        ...request.headers.getAll('Record-Route').map((route) => ['Record-Route', route] as const),
        ['Contact', this.signalling.contact(this.#from)],
        ['Allow', ALLOW],
        ['Supported', SUPPORTED.join(', ')],
        ...(body !== undefined ? ([['Content-Type', SDP_TYPE]] as const) : []),
        ['Server', this.signalling.userAgent],
      ],
      ...(body !== undefined && { body }),
    });
  }
}

function refusalStatus(why: HangUp): number {
  if (why.sipCode !== undefined && why.sipCode >= 400 && why.sipCode <= 699) return why.sipCode;
  return why.cause === 'engine_failed' ? 503 : DEFAULT_REFUSAL;
}
