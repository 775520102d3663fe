/**
 * One INVITE of ours to one target (RFC 3261 section 13.2): credentials on demand, the next address when one is dead,
 * and all dialogs that forking proxies make of it. The first 2xx wins; every other one is acknowledged and ended.
 */
import type { Timer } from '#clock.js';
import { Dialog, type DialogOptions } from '#voice/sip/dialog.js';
import type { DigestClient } from '#voice/sip/digest-client.js';
import { InDialog, type InDialogUser, type LostCall } from '#voice/sip/in-dialog.js';
import type { LegMedia } from '#voice/sip/leg-media.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { tagOf } from '#voice/sip/name-address.js';
import { ProvisionalOrder } from '#voice/sip/provisional-order.js';
import { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import { isSdp } from '#voice/sip/session-body.js';
import { minOf, offeredTimer } from '#voice/sip/session-timer.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { Peer } from '#voice/sip/transport.js';

/** What did not lead to a call: a final answer, or none (`timeout`, or the transport's words). */
export type InviteFailure = { response: SipResponse } | { error: string };

export interface OutgoingInviteUser {
  /** `inDialog`: the early dialog that it belongs to; 100 has none. */
  onProvisional(response: SipResponse, inDialog: InDialog | undefined, from: Peer): void;
  /** The first 2xx; it is acknowledged already. */
  onAnswered(response: SipResponse, inDialog: InDialog, from: Peer): void;
  /** No call came of it. After `cancel` also for a 2xx that crossed the CANCEL: its call is being ended. */
  onFailed(failure: InviteFailure): void;
  /** The peer has said nothing for so long that the others, `left`, are to be tried without waiting for it. */
  onSilent(left: Peer[]): void;
  onBye(reason: string | undefined): void;
  onLost(end: LostCall): void;
}

interface Fork {
  inDialog: InDialog;
  order: ProvisionalOrder;
}

export interface OutgoingInviteOptions {
  /** Builds the request for one of the peers, without Via, credentials and session timer. */
  compose: (peer: Peer, sequence: number) => SipRequest;
  /** Tried in order, while each is out of reach or answers 503 (RFC 3263 section 4.3). */
  peers: Peer[];
  digest: DigestClient | undefined;
  followsSource: boolean;
}

const MAX_PEERS = 4;
/**
 * Times T1: four seconds, in which an INVITE has been sent four times. Timer B is longer than most people wait, so RFC 3263
 * section 4.3 taken by the letter would never get a caller to the second address.
 */
const SILENT_AFTER_T1 = 8;
/** Dialogs of one INVITE that are kept in mind. */
const MAX_FORKS = 16;
/** After 422: each of several proxies may want more. */
const MAX_LONGER_TRIES = 3;

export class OutgoingInvite {
  readonly #signalling: Signalling;
  readonly #media: LegMedia;
  readonly #options: OutgoingInviteOptions;
  readonly #user: OutgoingInviteUser;
  readonly #peersLeft: Peer[];
  #peer: Peer | undefined;
  #silence: Timer | undefined;
  #sequence = 0;
  #request: RequestWithCredentials | undefined;
  /** By the tag of the far end. */
  readonly #forks = new Map<string, Fork>();
  readonly #acks = new Map<string, { ack: SipRequest; to: Peer }>();
  #answered: InDialog | undefined;
  #leastSeconds: number | undefined;
  #longerTries = 0;
  #cancelled = false;
  #heard = false;
  #settled = false;

  constructor(signalling: Signalling, media: LegMedia, options: OutgoingInviteOptions, user: OutgoingInviteUser) {
    this.#signalling = signalling;
    this.#media = media;
    this.#options = options;
    this.#user = user;
    this.#peersLeft = options.peers.slice(0, MAX_PEERS);
  }

  start(): void {
    const peer = this.#peersLeft.shift();
    if (peer === undefined) return this.#fail({ error: 'no address to send to' });
    this.#invite(peer);
    this.#silence?.cancel();
    if (this.#peersLeft.length === 0) return;
    this.#silence = this.#signalling.clock.after(SILENT_AFTER_T1 * this.#signalling.waits.t1, () => {
      this.#signalling.failingPeers.failed(peer);
      this.#user.onSilent(this.#peersLeft.splice(0));
    });
  }

  #invite(peer: Peer): void {
    this.#peer = peer;
    const invite = this.#options.compose(peer, (this.#sequence += 1));
    for (const [name, value] of offeredTimer(this.#signalling, this.#leastSeconds)) invite.headers.add(name, value);
    this.#request = new RequestWithCredentials(
      this.#signalling,
      invite,
      peer,
      { digest: this.#options.digest, nextSequence: () => (this.#sequence += 1) },
      {
        onResponse: (response, from) => this.#onResponse(response, from),
        onTimeout: () => this.#onSilence('no answer from the far end'),
        onTransportError: (error) => this.#onSilence(error.message),
      },
    );
  }

  /** Nobody wants the call any more. `reason` is the value of a Reason header. */
  cancel(reason?: string): void {
    if (this.#settled || this.#cancelled || this.#answered !== undefined) return;
    this.#cancelled = true;
    this.#silence?.cancel();
    this.#request?.cancel(reason);
  }

  #onResponse(response: SipResponse, from: Peer): void {
    this.#heard = true;
    this.#silence?.cancel();
    try {
      if (response.status >= 300) this.#onRefused(response);
      else if (response.status >= 200) this.#onAccepted(response, from);
      else this.#onProvisional(response, from);
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      // A 2xx without a usable Contact or Record-Route: there is no way to reach who sent it.
      if (response.status >= 200) this.#fail({ error: `unusable answer: ${error.message}` });
    }
  }

  #onProvisional(response: SipResponse, from: Peer): void {
    if (this.#settled) return;
    const fork = this.#earlyFork(response, from);
    const { isNew, rack } = fork?.order.take(response) ?? { isNew: true };
    if (!isNew) return;
    if (rack !== undefined) fork?.inDialog.request('PRACK', [['RAck', rack]]);
    if (!this.#cancelled) this.#user.onProvisional(response, fork?.inDialog, from);
    if (rack !== undefined && isSdp(response) && fork?.inDialog.session.agreed !== undefined) {
      fork.inDialog.agreedEarly();
    }
  }

  #earlyFork(response: SipResponse, from: Peer): Fork | undefined {
    const tag = tagOf(response.headers.get('To') ?? '');
    if (response.status === 100 || tag === undefined) return undefined;
    return this.#forks.size < MAX_FORKS ? this.#fork(tag, response, from) : this.#forks.get(tag);
  }

  #onAccepted(response: SipResponse, from: Peer): void {
    const tag = tagOf(response.headers.get('To') ?? '') ?? '';
    const known = this.#acks.get(tag);
    if (known !== undefined) return this.#signalling.transactions.sendDirect(known.ack, known.to);
    if (this.#acks.size >= MAX_FORKS || this.#request === undefined) return;

    const { inDialog } = this.#fork(tag, response, from);
    inDialog.confirm(response, from);
    const ack = inDialog.dialog.ack(this.#request.request);
    const to = inDialog.dialog.nextHop();
    this.#acks.set(tag, { ack, to });
    this.#signalling.transactions.sendDirect(ack, to);

    if (this.#cancelled || this.#answered !== undefined) {
      inDialog.bye();
      if (this.#answered === undefined) this.#fail({ response });
      return;
    }
    this.#answered = inDialog;
    this.#settled = true;
    this.#closeForks();
    this.#user.onAnswered(response, inDialog, from);
  }

  #onRefused(response: SipResponse): void {
    if (response.status === 503 && !this.#cancelled && this.#peersLeft.length > 0) return this.start();
    if (response.status === 422 && !this.#cancelled && this.#peer !== undefined) {
      const least = minOf(response);
      if (least !== undefined && least > (this.#leastSeconds ?? 0) && (this.#longerTries += 1) <= MAX_LONGER_TRIES) {
        this.#leastSeconds = least;
        return this.#invite(this.#peer);
      }
    }
    this.#fail({ response });
  }

  #onSilence(error: string): void {
    if (!this.#heard && !this.#cancelled && this.#peersLeft.length > 0) return this.start();
    this.#fail({ error });
  }

  #fail(failure: InviteFailure): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#silence?.cancel();
    this.#closeForks();
    this.#user.onFailed(failure);
  }

  #fork(tag: string, response: SipResponse, from: Peer): Fork {
    const known = this.#forks.get(tag);
    if (known !== undefined) return known;
    const { followsSource, digest } = this.#options;
    const options: DialogOptions = { followsSource, userAgent: this.#signalling.userAgent };
    const dialog = Dialog.ofCaller(this.#sent(), response, from, options);
    const user: InDialogUser = {
      onBye: (reason) => {
        if (this.#answered?.dialog === dialog) this.#user.onBye(reason);
      },
      // Of 2xx responses; the INVITE of this dialog is ours, and re-INVITEs are in-dialog business.
      onAcknowledged: () => undefined,
      onLost: (end) => {
        if (this.#answered?.dialog === dialog) this.#user.onLost(end);
      },
    };
    const inDialog = new InDialog(this.#signalling, dialog, this.#media, digest, user);
    const fork = { inDialog, order: new ProvisionalOrder() };
    this.#forks.set(tag, fork);
    return fork;
  }

  #sent(): SipRequest {
    if (this.#request === undefined) throw new Error('a response before its request');
    return this.#request.request;
  }

  /** Early dialogs that came to nothing; those with a 2xx close with their BYE. */
  #closeForks(): void {
    for (const [tag, { inDialog }] of this.#forks) if (!this.#acks.has(tag)) inDialog.close();
  }
}
