/**
 * One INVITE of ours to one target (RFC 3261 section 13.2): credentials on demand, the next address when one is dead,
 * and all dialogs that forking proxies make of it. The first 2xx wins; every other one is acknowledged and ended.
 */
import { Dialog, type DialogOptions } from '#voice/sip/dialog.js';
import type { DigestClient } from '#voice/sip/digest-client.js';
import { InDialog, type InDialogUser } from '#voice/sip/in-dialog.js';
import type { LegMedia } from '#voice/sip/leg-media.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { tagOf } from '#voice/sip/name-address.js';
import { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { Peer } from '#voice/sip/transport.js';

/** What did not lead to a call: a final answer, or none (`timeout`, or the transport's words). */
export type InviteFailure = { response: SipResponse } | { error: string };

export interface OutgoingInviteUser {
  onProvisional(response: SipResponse, from: Peer): void;
  /** The first 2xx; it is acknowledged already. */
  onAnswered(response: SipResponse, inDialog: InDialog, from: Peer): void;
  /** No call came of it. After `cancel` also for a 2xx that crossed the CANCEL: its call is being ended. */
  onFailed(failure: InviteFailure): void;
  onBye(reason: string | undefined): void;
}

export interface OutgoingInviteOptions {
  /** Builds the request for one of the peers, without Via and credentials. */
  compose: (peer: Peer, sequence: number) => SipRequest;
  /** Tried in order, while each is out of reach or answers 503 (RFC 3263 section 4.3). */
  peers: Peer[];
  digest: DigestClient | undefined;
  followsSource: boolean;
}

const MAX_PEERS = 4;
/** Dialogs of one INVITE that are kept in mind. */
const MAX_FORKS = 16;

export class OutgoingInvite {
  readonly #signalling: Signalling;
  readonly #media: LegMedia;
  readonly #options: OutgoingInviteOptions;
  readonly #user: OutgoingInviteUser;
  readonly #peersLeft: Peer[];
  #sequence = 0;
  #request: RequestWithCredentials | undefined;
  /** By the tag of the far end. */
  readonly #forks = new Map<string, InDialog>();
  readonly #acks = new Map<string, { ack: SipRequest; to: Peer }>();
  #answered: InDialog | undefined;
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
    this.#request = new RequestWithCredentials(
      this.#signalling,
      this.#options.compose(peer, (this.#sequence += 1)),
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
    this.#request?.cancel(reason);
  }

  #onResponse(response: SipResponse, from: Peer): void {
    this.#heard = true;
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
    const tag = tagOf(response.headers.get('To') ?? '');
    if (response.status > 100 && tag !== undefined && this.#forks.size < MAX_FORKS) this.#fork(tag, response, from);
    if (!this.#cancelled) this.#user.onProvisional(response, from);
  }

  #onAccepted(response: SipResponse, from: Peer): void {
    const tag = tagOf(response.headers.get('To') ?? '') ?? '';
    const known = this.#acks.get(tag);
    if (known !== undefined) return this.#signalling.transactions.sendDirect(known.ack, known.to);
    if (this.#acks.size >= MAX_FORKS || this.#request === undefined) return;

    const inDialog = this.#fork(tag, response, from);
    inDialog.dialog.confirm(response, from);
    inDialog.confirm();
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
    this.#fail({ response });
  }

  #onSilence(error: string): void {
    if (!this.#heard && !this.#cancelled && this.#peersLeft.length > 0) return this.start();
    this.#fail({ error });
  }

  #fail(failure: InviteFailure): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#closeForks();
    this.#user.onFailed(failure);
  }

  #fork(tag: string, response: SipResponse, from: Peer): InDialog {
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
      onUnacknowledged: () => {
        if (this.#answered?.dialog === dialog) this.#user.onBye('no ACK for a re-INVITE');
      },
    };
    const inDialog = new InDialog(this.#signalling, dialog, this.#media, digest, user);
    this.#forks.set(tag, inDialog);
    return inDialog;
  }

  #sent(): SipRequest {
    if (this.#request === undefined) throw new Error('a response before its request');
    return this.#request.request;
  }

  /** Early dialogs that came to nothing; those with a 2xx close with their BYE. */
  #closeForks(): void {
    for (const [tag, inDialog] of this.#forks) if (!this.#acks.has(tag)) inDialog.close();
  }
}
