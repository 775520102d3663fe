/**
 * What happens within a dialog, the same for callers and callees: BYE both ways, re-INVITE and UPDATE answered, INFO,
 * OPTIONS, and everything that is refused (RFC 3261 sections 12.2, 14 and 15; RFC 3311). What we change of a session that
 * is up: `session-changes.ts`.
 */
import { AcceptedInvite } from '#voice/sip/accepted-invite.js';
import { parseCSeq } from '#voice/sip/cseq.js';
import type { LegId } from '#voice/engine.js';
import type { Dialog } from '#voice/sip/dialog.js';
import type { DigestClient } from '#voice/sip/digest-client.js';
import { reasonHeader, reasonOf } from '#voice/sip/end-cause.js';
import { DTMF_RELAY_TYPE, DTMF_TYPES, readInfoDigit, writeInfoDigit } from '#voice/sip/info-digit.js';
import type { LegMedia } from '#voice/sip/leg-media.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { createResponse } from '#voice/sip/create-response.js';
import { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import { Session } from '#voice/sip/session.js';
import { SessionChanges } from '#voice/sip/session-changes.js';
import { SessionTimer, tooShortTimer } from '#voice/sip/session-timer.js';
import { ALLOW, SDP_TYPE, type Signalling } from '#voice/sip/signalling.js';
import type { ClientUser, Peer, ServerTransaction } from '#voice/sip/transport.js';
import { refuseUnsupported, SUPPORTED } from '#voice/sip/unsupported.js';

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

/** Seconds, below which the far end may try again what has come too early (RFC 3261 section 14.2). */
const MAX_RETRY_AFTER_SECONDS = 10;

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
    this.session = new Session(media);
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
        return this.#onNegotiation(request, from, transaction);
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

  #onNegotiation(request: SipRequest, from: Peer, transaction: ServerTransaction): void {
    const isInvite = request.method === 'INVITE';
    const hasOffer = request.body.length > 0;
    if (this.#ending !== undefined) return this.#respond(transaction, 481);
    const obstacle = this.#obstacle(isInvite, hasOffer);
    if (obstacle === 500) return this.#respond(transaction, 500, { headers: [this.#retryAfter()] });
    if (obstacle !== undefined) return this.#respond(transaction, obstacle);
    if (hasOffer && !isSdp(request)) return this.#respond(transaction, 415, { headers: [['Accept', SDP_TYPE]] });
    const tooShort = tooShortTimer(this.#signalling, request);
    if (tooShort !== undefined) return this.#respond(transaction, 422, { headers: tooShort });
    // First of all, because a Contact that cannot be read must not change the session.
    this.dialog.refreshTarget(request, from);

    let body: Buffer = Buffer.alloc(0);
    if (hasOffer) {
      const answer = this.session.answer(request.body);
      if (!answer.ok) return this.#respond(transaction, 488, { headers: [['Warning', warning(answer.reason)]] });
      body = answer.body;
    } else if (isInvite) {
      body = this.session.offer();
    }
    const response = createResponse(request, 200, {
      headers: [
        ['Contact', this.#signalling.contact(from)],
        ...CAPABILITIES,
        ...(this.#early ? [] : this.#timer.accept(request)),
        ...(body.length > 0 ? ([['Content-Type', SDP_TYPE]] as const) : []),
        ['Server', this.#signalling.userAgent],
      ],
      body,
    });
    if (isInvite) this.#await(transaction, response, !hasOffer, false);
    else transaction.respond(response);
  }

  /** The status that refuses a change for now (RFC 3261 section 14.2, RFC 3311 section 5.2). */
  #obstacle(isInvite: boolean, hasOffer: boolean): 491 | 500 | undefined {
    const theirsFirst = this.#early && !this.dialog.isCaller;
    if (isInvite) {
      if (theirsFirst) return 500;
      return this.#early || this.#pending !== undefined || this.#changes.isOffering ? 491 : undefined;
    }
    if (!hasOffer) return undefined;
    if (this.#early) return this.#agreedEarly ? undefined : theirsFirst ? 500 : 491;
    return this.#pending !== undefined || this.#changes.isOffering ? 491 : undefined;
  }

  #retryAfter(): [string, string] {
    return ['Retry-After', String(Math.floor(this.#signalling.random() * MAX_RETRY_AFTER_SECONDS))];
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

const CAPABILITIES = [
  ['Allow', ALLOW],
  ['Supported', SUPPORTED.join(', ')],
  ['Accept', SDP_TYPE],
] as const;

/** Without Content-Type a body is taken for what it must be (RFC 3261 section 13.2.1); packed ones are not unpacked. */
export function isSdp(message: SipRequest | SipResponse): boolean {
  const type = message.headers.get('Content-Type');
  const encoding = message.headers.get('Content-Encoding') ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') return false;
  return type === undefined || type.split(';')[0]?.trim().toLowerCase() === SDP_TYPE;
}

/** 399, miscellaneous (RFC 3261 section 20.43). */
export function warning(text: string): string {
  return `399 sidetone "${text.replace(/["\\]/g, "'")}"`;
}
