/**
 * Requests from the wire: those within a dialog go to it, the others are let in, answered or refused here (RFC 3261
 * section 8.2). No dial tone for strangers: only trunks, phones with their password, and our own loopback call get in.
 */
import type { CallerEvidence, LegId, LegOrigin } from '#voice/engine.js';
import { calledUser } from '#voice/sip/called-user.js';
import { callerEvidence } from '#voice/sip/caller-evidence.js';
import { MAX_FORWARDS } from '#voice/sip/dialog.js';
import { DigestClient } from '#voice/sip/digest-client.js';
import type { Ringing } from '#voice/sip/incoming-leg.js';
import type { LegsByDialog } from '#voice/sip/legs-by-dialog.js';
import { LegMedia } from '#voice/sip/leg-media.js';
import type { MessageRelay } from '#voice/sip/message-relay.js';
import type { SipRequest } from '#voice/sip/message.js';
import { parseNameAddress, tagOf } from '#voice/sip/name-address.js';
import { fromCalledForm, fromCallerForm, userOf } from '#voice/sip/number-form.js';
import type { PhoneBook } from '#voice/sip/phone-book.js';
import type { Registrar } from '#voice/sip/registrar.js';
import { isSdp, warning } from '#voice/sip/session-body.js';
import { tooShortTimer } from '#voice/sip/session-timer.js';
import { ALLOW, SDP_TYPE, type Signalling } from '#voice/sip/signalling.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { Subscriptions } from '#voice/sip/subscriptions.js';
import type { Transfers } from '#voice/sip/transfers.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';
import type { TrunkTable } from '#voice/sip/trunk-table.js';
import { refuseUnsupported, SUPPORTED } from '#voice/sip/unsupported.js';
import { parseUri } from '#voice/sip/uri.js';

export interface IncomingCall {
  origin: LegOrigin;
  from: string;
  to: string;
  displayName?: string;
  caller?: CallerEvidence;
  /** See `LegsByDialog.replacedByInvite`. */
  replaces?: LegId;
  maxForwards: number;
  ringing: Omit<Ringing, 'leg'>;
}

export interface IncomingCallsOptions {
  signalling: Signalling;
  trunks: TrunkTable;
  phones: PhoneBook;
  registrar: Registrar;
  transfers: Transfers;
  legs: LegsByDialog;
  subscriptions: Subscriptions;
  messages: MessageRelay;
  isOverloaded: () => boolean;
  /** Whether we are calling this user of ours ourselves, for the doctor. */
  isLoopback: (user: string) => boolean;
  onCall: (call: IncomingCall) => void;
}

const LOOPBACK_PREFIX = 'doctor-';
const RETRY_AFTER_SECONDS = '5';
/** Outside a dialog a phone may register, too. */
const ALLOW_OUTSIDE = `${ALLOW}, REGISTER, SUBSCRIBE, MESSAGE`;

export class IncomingCalls {
  readonly #signalling: Signalling;
  readonly #options: IncomingCallsOptions;

  constructor(options: IncomingCallsOptions) {
    this.#signalling = options.signalling;
    this.#options = options;
  }

  receive(request: SipRequest, from: Peer, transaction: ServerTransaction | undefined): void {
    try {
      this.#dispatch(request, from, transaction);
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      if (transaction !== undefined) this.#dismiss(transaction, from, error.status, [], error.message);
    }
  }

  #dispatch(request: SipRequest, from: Peer, transaction: ServerTransaction | undefined): void {
    const dialog = this.#signalling.dialogs.find(request);
    if (dialog !== undefined) return dialog.receive(request, from, transaction);
    // An ACK of a dialog that is gone: nothing answers an ACK.
    if (transaction === undefined) return;
    if (tagOf(request.headers.get('To') ?? '') !== undefined) return this.#dismiss(transaction, from, 481);
    // A ping of the last hop is meant for us (RFC 3261 section 11).
    if (hopsOf(request) === 0 && request.method !== 'OPTIONS') return this.#dismiss(transaction, from, 483);
    if (parseUri(request.uri).scheme === 'other') return this.#dismiss(transaction, from, 416);
    switch (request.method) {
      case 'INVITE':
        return this.#invite(transaction, from);
      case 'REGISTER':
        return this.#register(transaction, from);
      case 'OPTIONS':
        if (refuseUnsupported(this.#signalling, transaction)) return;
        return this.#dismiss(transaction, from, 200, [
          ['Allow', ALLOW_OUTSIDE],
          ['Accept', SDP_TYPE],
          ['Supported', SUPPORTED.join(', ')],
          ['Allow-Events', this.#options.subscriptions.events],
        ]);
      case 'REFER':
      case 'SUBSCRIBE':
      case 'MESSAGE':
        return this.#ofPhone(transaction, from);
      // About a subscription that we never made (RFC 6665 section 4.1.3).
      case 'NOTIFY':
        return this.#dismiss(transaction, from, 481);
      default:
        return this.#dismiss(transaction, from, 405, [['Allow', ALLOW_OUTSIDE]]);
    }
  }

  #register(transaction: ServerTransaction, from: Peer): void {
    const { phones, registrar } = this.#options;
    const address = parseNameAddress(transaction.request.headers.get('To') ?? '').uri;
    const phone = phones.find(address);
    if (!phones.authenticate(phone, transaction, from) || phone === undefined) return;
    if (refuseUnsupported(this.#signalling, transaction)) return;
    registrar.register(phone.id, transaction, from);
  }

  /** What only phones of ours may ask, and they with their password. */
  #ofPhone(transaction: ServerTransaction, from: Peer): void {
    const { phones, transfers, subscriptions, messages } = this.#options;
    const phone = phones.find(parseNameAddress(transaction.request.headers.get('From') ?? '').uri);
    if (phone === undefined) return this.#dismiss(transaction, from, 403);
    if (!phones.authenticate(phone, transaction, from)) return;
    if (refuseUnsupported(this.#signalling, transaction)) return;
    switch (transaction.request.method) {
      case 'REFER':
        return transfers.referOutside(phone.id, transaction, from);
      case 'SUBSCRIBE':
        return subscriptions.subscribe(phone, transaction, from);
      case 'MESSAGE':
        return messages.relay(phone, transaction);
    }
  }

  #invite(transaction: ServerTransaction, from: Peer): void {
    const { request } = transaction;
    if (this.#options.isOverloaded()) {
      return this.#dismiss(transaction, from, 503, [['Retry-After', RETRY_AFTER_SECONDS]]);
    }
    const caller = parseNameAddress(request.headers.get('From') ?? '');
    const requested = userOf(parseUri(request.uri));
    const origin = this.#originOf(transaction, from, requested);
    if (origin === undefined) return;
    const trunk = origin.kind === 'trunk' ? this.#options.trunks.get(origin.trunk) : undefined;
    const to = calledUser(request, trunk, trunk && this.#options.trunks.contactUser(trunk));
    if (refuseUnsupported(this.#signalling, transaction)) return;
    const replaced = this.#options.legs.replacedByInvite(request, origin);
    if (replaced.status !== undefined) return this.#respond(transaction, replaced.status);
    const tooShort = tooShortTimer(this.#signalling, request);
    if (tooShort !== undefined) return this.#respond(transaction, 422, [...tooShort]);
    if (to === undefined || to === '') return this.#respond(transaction, 484);
    if (!takesSdp(request)) return this.#respond(transaction, 406, [['Accept', SDP_TYPE]]);
    if (request.body.length > 0) {
      if (!isSdp(request)) return this.#respond(transaction, 415, [['Accept', SDP_TYPE]]);
      const fault = LegMedia.faultOf(request.body);
      if (fault !== undefined) return this.#respond(transaction, fault.status, [['Warning', warning(fault.reason)]]);
    }
    const evidence = callerEvidence(request, trunk);
    const calling = userOf(caller.uri) ?? '';
    this.#options.onCall({
      origin,
      from: trunk === undefined ? calling : fromCallerForm(calling, trunk.numbers),
      to: trunk === undefined ? to : fromCalledForm(to, trunk.numbers),
      ...(caller.displayName !== undefined && { displayName: caller.displayName }),
      ...(evidence !== undefined && { caller: evidence }),
      ...(replaced.leg !== undefined && { replaces: replaced.leg }),
      maxForwards: hopsOf(request),
      ringing: {
        transaction,
        from,
        followsSource: origin.kind !== 'trunk',
        digest: trunk && DigestClient.of(trunk),
      },
    });
  }

  /** Who calls; undefined: nobody we let in, and the answer has been sent. */
  #originOf(transaction: ServerTransaction, from: Peer, to: string | undefined): LegOrigin | undefined {
    const { request } = transaction;
    const { phones, trunks } = this.#options;
    if (to?.startsWith(LOOPBACK_PREFIX) === true && this.#options.isLoopback(to)) {
      return { kind: 'loopback', token: to.slice(LOOPBACK_PREFIX.length) };
    }
    if (this.#signalling.isOwnCall(request)) {
      this.#respond(transaction, 482);
      return undefined;
    }
    const exact = trunks.byContactUser(to) ?? trunks.exactSource(request, from);
    if (exact !== undefined) return { kind: 'trunk', trunk: exact.id };
    const phone = phones.find(parseNameAddress(request.headers.get('From') ?? '').uri);
    if (phone !== undefined) {
      return phones.authenticate(phone, transaction, from) ? { kind: 'phone', phone: phone.id } : undefined;
    }
    const trunk = trunks.sourceByAddress(from);
    if (trunk !== undefined) return { kind: 'trunk', trunk: trunk.id };
    if (from.transport !== 'udp') this.#signalling.bans.strike(from.address, 'calls from a stranger');
    this.#dismiss(transaction, from, 403);
    return undefined;
  }

  #respond(transaction: ServerTransaction, status: number, headers: (readonly [string, string])[] = []): void {
    this.#signalling.respond(transaction, status, { headers });
  }

  /** Whoever gets this has proved nothing; see `Signalling.dismiss`. */
  #dismiss(
    transaction: ServerTransaction,
    from: Peer,
    status: number,
    headers: [string, string][] = [],
    reason?: string,
  ): void {
    this.#signalling.dismiss(transaction, from, status, { headers, ...(reason !== undefined && { reason }) });
  }
}

/** Whether our answer may be a session description (RFC 3261 section 20.1); without Accept it may. */
function takesSdp(request: SipRequest): boolean {
  const ranges = request.headers.getAll('Accept').flatMap((value) => value.split(','));
  const types = ranges.map((range) => range.split(';')[0]?.trim().toLowerCase() ?? '').filter((type) => type !== '');
  return types.length === 0 || types.some((type) => ['*/*', 'application/*', SDP_TYPE].includes(type));
}

/** RFC 3261 section 8.1.1.6; who does not count is taken to begin. */
function hopsOf({ headers }: SipRequest): number {
  return Number(headers.get('Max-Forwards') ?? MAX_FORWARDS);
}
