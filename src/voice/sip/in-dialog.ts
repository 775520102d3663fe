/**
 * What happens within a dialog, the same for callers and callees: BYE both ways, INFO, OPTIONS, ACK, and everything that is
 * refused (RFC 3261 sections 12.2 and 15). Changes of the session: theirs in `answer-change.ts`, ours in
 * `session-changes.ts`.
 */
import { AcceptedInvite } from '#voice/sip/accepted-invite.js';
import { answerChange } from '#voice/sip/answer-change.js';
import { parseCSeq } from '#voice/sip/cseq.js';
import type { LegId } from '#voice/engine.js';
import type { Dialog } from '#voice/sip/dialog.js';
import type { DigestClient } from '#voice/sip/digest-client.js';
import { reasonHeader, reasonOf } from '#voice/sip/end-cause.js';
import { DTMF_RELAY_TYPE, DTMF_TYPES, readInfoDigit, writeInfoDigit } from '#voice/sip/info-digit.js';
import type { LegMedia } from '#voice/sip/leg-media.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import { CAPABILITIES } from '#voice/sip/session-body.js';
import { Session } from '#voice/sip/session.js';
import { SessionChanges } from '#voice/sip/session-changes.js';
import { SessionTimer } from '#voice/sip/session-timer.js';
import { ALLOW, type Signalling } from '#voice/sip/signalling.js';
import type { ClientUser, Peer, ServerTransaction } from '#voice/sip/transport.js';
import { refuseUnsupported } from '#voice/sip/unsupported.js';

export interface InDialogUser {
  /** The far end said BYE (it has been answered). */
  onBye(reason: string | undefined): void;
  /** The ACK of the 2xx that made the dialog came. */
  onAcknowledged(ack: SipRequest): void;
  /** The call is no use any more, or never was; what there was to say has been said. */
  onLost(end: LostCall): void;
  /** PRACK for a provisional answer of ours; callees only. */
  onPrack?(transaction: ServerTransaction): void;
}

export interface LostCall {
  cause: 'hangup' | 'unreachable' | 'session_expired';
  by: 'us' | 'them';
  sipReason: string;
}

/** A 2xx of ours on its way: which INVITE, and whether its ACK brings the answer to our offer. */
interface Pending {
  sequence: number;
  accepted: AcceptedInvite;
  /** Of the INVITE that made the dialog, not of a re-INVITE. */
  first: boolean;
  offered: boolean;
}

export class InDialog {
  readonly dialog: Dialog;
  readonly #signalling: Signalling;
  /** What the two have agreed on. */
  readonly session: Session;
  readonly #media: LegMedia;
  readonly #timer: SessionTimer;
  readonly #changes: SessionChanges;
  readonly #digest: DigestClient | undefined;
  readonly #user: InDialogUser;
  /** The INVITE that makes the dialog has no final answer yet. */
  #early = true;
  /** Its offer has been answered in a provisional answer that is sure to have arrived (RFC 3262). */
  #agreedEarly = false;
  #pending: Pending | undefined;
  #ending: { reason: string | undefined } | undefined;

  constructor(
    signalling: Signalling,
    dialog: Dialog,
    media: LegMedia,
    digest: DigestClient | undefined,
    user: InDialogUser,
  ) {
    this.#signalling = signalling;
    this.dialog = dialog;
    this.#media = media;
    this.#digest = digest;
    this.#user = user;
    this.session = new Session(media, () => dialog.takes('INFO'));
    this.#timer = new SessionTimer(signalling, {
      onRefreshDue: () => this.#changes.refresh(),
      onExpired: () => this.#lose('session_expired', 'us', 'the far end does not refresh the session'),
    });
    this.#changes = new SessionChanges({
      signalling,
      dialog,
      media,
      session: this.session,
      timer: this.#timer,
      send: (request, clientUser) => this.#send(request, clientUser),
      isBusy: () => this.#early || this.#pending !== undefined || this.#ending !== undefined,
      onLost: (status, isRefresh) => this.#onLost(status, isRefresh),
    });
    signalling.dialogs.add(dialog.id, this);
  }

  get leg(): LegId {
    return this.#media.leg;
  }

  get state(): 'early' | 'confirmed' | 'ending' {
    if (this.#ending !== undefined) return 'ending';
    return this.#early ? 'early' : 'confirmed';
  }

  /** The credentials that the far end asks for. */
  get digest(): DigestClient | undefined {
    return this.#digest;
  }

  /** A caller's dialog: the 2xx has come. @throws SipParseError */
  confirm(response: SipResponse, from: Peer): void {
    this.dialog.confirm(response, from);
    this.#early = false;
    this.#timer.accepted(response);
  }

  /** The first offer has its answer before the call has. */
  agreedEarly(): void {
    this.#agreedEarly = true;
  }

  /** Of the 2xx that makes a callee's dialog. */
  sessionFields(invite: SipRequest): (readonly [string, string])[] {
    return this.#timer.accept(invite);
  }

  /** Puts the far end on hold, or takes it back. What it refuses changes nothing. */
  hold(on: boolean): void {
    this.#changes.hold(on);
  }

  /** A request of ours within the dialog. */
  request(method: string, fields: (readonly [string, string])[], user: Partial<ClientUser> = {}): void {
    const request = this.dialog.request(method);
    for (const [name, value] of fields) request.headers.add(name, value);
    this.#send(request, user);
  }

  /** A callee's dialog: sends the 2xx until its ACK. */
  accept(transaction: ServerTransaction, response: SipResponse, offered: boolean): void {
    this.#early = false;
    this.#await(transaction, response, offered, true);
  }

  /**
   * Ends the call, at once or, while our 2xx has no ACK, after it (RFC 3261 section 15.1.1). `reason` is the value of a
   * Reason header.
   */
  bye(reason?: string): void {
    if (this.#ending !== undefined) return;
    this.#ending = { reason };
    this.#timer.stop();
    this.#changes.close();
    if (this.#pending === undefined) this.#sendBye();
  }

  /** Forgets the dialog: what still comes for it is answered 481. Idempotent. */
  close(): void {
    this.#pending?.accepted.stop();
    this.#pending = undefined;
    this.#timer.stop();
    this.#changes.close();
    this.#signalling.dialogs.remove(this.dialog.id, this);
  }

  /** A key by INFO. Whether the far end takes it, changes nothing. */
  sendDigit(digit: string, durationMs: number): void {
    if (this.#ending !== undefined) return;
    const info = this.dialog.request('INFO');
    info.headers.add('Content-Type', DTMF_RELAY_TYPE);
    this.#send({ ...info, body: writeInfoDigit(digit, durationMs) }, {});
  }

  receive(request: SipRequest, from: Peer, transaction: ServerTransaction | undefined): void {
    if (transaction === undefined) {
      if (request.method === 'ACK') this.#onAck(request);
      return;
    }
    const { dialog } = this;
    if (!dialog.inOrder(request)) {
      return this.#respond(transaction, 500, { reason: 'CSeq Out Of Order' });
    }
    if (refuseUnsupported(this.#signalling, transaction)) return;
    switch (request.method) {
      case 'BYE':
        this.#respond(transaction, 200);
        this.#ending ??= { reason: undefined };
        this.close();
        return this.#user.onBye(reasonOf(request));
      case 'INVITE':
      case 'UPDATE':
        if (this.#ending !== undefined) return this.#respond(transaction, 481);
        return answerChange(transaction, from, {
          signalling: this.#signalling,
          dialog: this.dialog,
          session: this.session,
          timer: this.#timer,
          phase: this.#early ? (this.#agreedEarly ? 'agreed early' : 'early') : 'up',
          isOfferOpen: this.#pending !== undefined || this.#changes.isOffering,
          accept: (response, offered) => this.#await(transaction, response, offered, false),
        });
      case 'PRACK':
        if (this.#user.onPrack === undefined) return this.#respond(transaction, 481);
        return this.#user.onPrack(transaction);
      case 'INFO':
        return this.#onInfo(request, transaction);
      case 'OPTIONS':
        return this.#respond(transaction, 200, { headers: [...CAPABILITIES] });
      default:
        if (this.#signalling.otherUsage?.(this, transaction, from) === true) return;
        return this.#respond(transaction, 405, { headers: [['Allow', ALLOW]] });
    }
  }

  #onInfo(request: SipRequest, transaction: ServerTransaction): void {
    if (request.body.length === 0) return this.#respond(transaction, 200);
    const key = readInfoDigit(request);
    if (key === 'unknown') return this.#respond(transaction, 415, { headers: [['Accept', DTMF_TYPES]] });
    this.#respond(transaction, 200);
    if (key !== undefined) this.#media.info(key.digit, key.durationMs);
  }

  #await(transaction: ServerTransaction, response: SipResponse, offered: boolean, first: boolean): void {
    const accepted = new AcceptedInvite(this.#signalling, transaction, response, () => this.#onUnacknowledged());
    const sequence = parseCSeq(response.headers.get('CSeq') ?? '').number;
    this.#pending = { sequence, accepted, first, offered };
  }

  #onAck(ack: SipRequest): void {
    const pending = this.#pending;
    if (pending === undefined || parseCSeq(ack.headers.get('CSeq') ?? '').number !== pending.sequence) return;
    pending.accepted.stop();
    this.#pending = undefined;
    if (this.#ending !== undefined) return this.#sendBye();
    if (pending.first) this.#user.onAcknowledged(ack);
    // An unusable answer in a re-INVITE's ACK leaves the session as it was.
    else if (pending.offered) this.session.accept(ack.body);
    this.#changes.next();
  }

  #onUnacknowledged(): void {
    this.#pending = undefined;
    if (this.#ending !== undefined) this.#sendBye();
    else this.#lose('unreachable', 'us', 'no ACK for our answer');
  }

  #onLost(status: 408 | 481, isRefresh: boolean): void {
    const cause = isRefresh ? 'session_expired' : status === 481 ? 'hangup' : 'unreachable';
    if (status === 408) return this.#lose(cause, 'us', 'the far end does not answer any more');
    // There is nobody to say BYE to.
    this.#ending ??= { reason: undefined };
    this.close();
    this.#user.onLost({ cause, by: 'them', sipReason: 'the far end knows of no such call (481)' });
  }

  #lose(cause: LostCall['cause'], by: LostCall['by'], sipReason: string): void {
    this.bye(reasonHeader(408, sipReason));
    this.#user.onLost({ cause, by, sipReason });
  }

  #sendBye(): void {
    const bye = this.dialog.request('BYE');
    if (this.#ending?.reason !== undefined) bye.headers.add('Reason', this.#ending.reason);
    this.#send(bye, {
      onResponse: (response) => {
        if (response.status >= 200) this.close();
      },
      onTimeout: () => this.close(),
      onTransportError: () => this.close(),
    });
  }

  #send(request: SipRequest, user: Partial<ClientUser>): RequestWithCredentials {
    return new RequestWithCredentials(
      this.#signalling,
      request,
      this.dialog.nextHop(),
      { digest: this.#digest, nextSequence: () => this.dialog.nextSequence() },
      { ...NOBODY, ...user },
    );
  }

  #respond(transaction: ServerTransaction, status: number, parts: Parameters<Signalling['respond']>[2] = {}): void {
    this.#signalling.respond(transaction, status, parts);
  }
}

const NOBODY: ClientUser = {
  onResponse: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
};
