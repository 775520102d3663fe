/**
 * Our changes of a session that is up: hold, and its refresh. One at a time, by re-INVITE or UPDATE (RFC 3261 section 14,
 * RFC 3311), again after a while where the far end is at the same (glare). What is refused leaves the session as it was.
 */
import type { Timer } from '#clock.js';
import type { Dialog } from '#voice/sip/dialog.js';
import { retryAfterSeconds } from '#voice/sip/end-cause.js';
import type { LegMedia } from '#voice/sip/leg-media.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import type { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import type { Session } from '#voice/sip/session.js';
import type { SessionTimer } from '#voice/sip/session-timer.js';
import { ALLOW, SDP_TYPE, type Signalling } from '#voice/sip/signalling.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { ClientUser, Peer } from '#voice/sip/transport.js';
import { SUPPORTED } from '#voice/sip/unsupported.js';

export interface SessionChangesOptions {
  signalling: Signalling;
  dialog: Dialog;
  media: LegMedia;
  session: Session;
  timer: SessionTimer;
  send(request: SipRequest, user: Partial<ClientUser>): RequestWithCredentials;
  /** The call is not up, or an offer of the far end is not finished. */
  isBusy(): boolean;
  /** The far end says that there is no call (481), or says nothing (408) to a change or to a refresh. */
  onLost(status: 408 | 481, isRefresh: boolean): void;
}

/** Of one change, after 491 and the like. */
const MAX_RETRIES = 5;
const MAX_RETRY_AFTER_SECONDS = 10;
/** A re-INVITE that gets only provisional answers is cancelled after 64·T1. */
const PATIENCE_T1 = 64;

export class SessionChanges {
  readonly #options: SessionChangesOptions;
  #wantsHold = false;
  #wantsRefresh = false;
  /** Some allow UPDATE and refuse it all the same. */
  #refusesUpdate = false;
  #open: { hasOffer: boolean } | undefined;
  #retry: Timer | undefined;
  #retries = 0;
  #patience: Timer | undefined;
  #closed = false;

  constructor(options: SessionChangesOptions) {
    this.#options = options;
  }

  /** An offer of ours waits for its answer. */
  get isOffering(): boolean {
    return this.#open?.hasOffer === true;
  }

  hold(on: boolean): void {
    this.#wantsHold = on;
    this.next();
  }

  refresh(): void {
    this.#wantsRefresh = true;
    this.next();
  }

  /** Sends what is wanted, as soon as nothing is in its way. */
  next(): void {
    const { dialog, media } = this.#options;
    if (this.#closed || this.#open !== undefined || this.#retry !== undefined || this.#options.isBusy()) return;
    if (this.#wantsHold !== (media.direction === 'sendonly')) this.#reinvite();
    else if (this.#wantsRefresh) {
      if (dialog.takes('UPDATE') && !this.#refusesUpdate) this.#update();
      else this.#reinvite();
    }
  }

  /** Nothing more is sent; a 2xx that still comes is acknowledged. */
  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#patience?.cancel();
  }

  #reinvite(): void {
    const { signalling, dialog, media, session } = this.#options;
    const direction = this.#wantsHold ? 'sendonly' : 'sendrecv';
    const invite = this.#request('INVITE', session.offer(direction));
    this.#open = { hasOffer: true };
    let ack: { request: SipRequest; to: Peer } | undefined;
    const sent = this.#options.send(invite, {
      onResponse: (response, from) => {
        if (response.status < 200) return this.#waitNoLonger(sent);
        if (response.status >= 300) return this.#refused(response);
        const isFirst = ack === undefined;
        if (isFirst) this.#moved(response, from);
        ack ??= { request: dialog.ack(sent.request), to: dialog.nextHop() };
        signalling.transactions.sendDirect(ack.request, ack.to);
        if (!isFirst) return;
        // An answer that cannot be used leaves the session as it was, too.
        if (!this.#closed && session.accept(response.body).ok) media.direction = direction;
        else this.#wantsHold = media.direction === 'sendonly';
        this.#accepted(response);
      },
      onTimeout: () => this.#lost(408),
      onTransportError: () => this.#giveUp(),
    });
  }

  #update(): void {
    this.#open = { hasOffer: false };
    this.#options.send(this.#request('UPDATE'), {
      onResponse: (response, from) => {
        if (response.status < 200) return;
        if (response.status === 405 || response.status === 501) return this.#withoutUpdate();
        if (response.status >= 300) return this.#refused(response);
        this.#moved(response, from);
        this.#accepted(response);
      },
      onTimeout: () => this.#lost(408),
      onTransportError: () => this.#giveUp(),
    });
  }

  #withoutUpdate(): void {
    this.#refusesUpdate = true;
    this.#done();
    this.next();
  }

  #request(method: string, body: Buffer = Buffer.alloc(0)): SipRequest {
    const { signalling, dialog, timer } = this.#options;
    const request = dialog.request(method);
    request.headers.add('Contact', signalling.contact(dialog.nextHop()));
    request.headers.add('Allow', ALLOW);
    request.headers.add('Supported', SUPPORTED.join(', '));
    for (const [name, value] of timer.requestFields()) request.headers.add(name, value);
    if (body.length > 0) request.headers.add('Content-Type', SDP_TYPE);
    return { ...request, body };
  }

  #moved(response: SipResponse, from: Peer): void {
    try {
      this.#options.dialog.refreshTarget(response, from);
    } catch (error) {
      // A Contact that cannot be read: the one from before is as good as any.
      if (!(error instanceof SipParseError)) throw error;
    }
  }

  /** What gets only provisional answers is cancelled after a while. */
  #waitNoLonger(sent: RequestWithCredentials): void {
    const { clock, waits } = this.#options.signalling;
    this.#patience ??= clock.after(PATIENCE_T1 * waits.t1, () => sent.cancel());
  }

  #accepted(response: SipResponse): void {
    this.#done();
    this.#wantsRefresh = false;
    if (this.#closed) return;
    this.#options.timer.accepted(response);
    this.next();
  }

  #refused(response: SipResponse): void {
    const { status } = response;
    if (status === 408 || status === 481) return this.#lost(status);
    this.#retries += 1;
    const waitMs = this.#retries > MAX_RETRIES ? undefined : this.#retryAfterMs(response);
    if (waitMs === undefined) return this.#giveUp();
    this.#settle();
    if (this.#closed) return;
    this.#retry = this.#options.signalling.clock.after(waitMs, () => {
      this.#retry = undefined;
      this.next();
    });
  }

  /** When the same may be tried again, milliseconds; undefined: it makes no sense. */
  #retryAfterMs(response: SipResponse): number | undefined {
    const { signalling, dialog, timer } = this.#options;
    switch (response.status) {
      case 422:
        return timer.tooSmall(response) ? 0 : undefined;
      case 491: {
        // Section 14.1, in steps of 10 ms: the owner of the Call-ID waits longer than the other side ever does.
        const step = (least: number, most: number): number =>
          least + 10 * Math.floor((signalling.random() * (most - least)) / 10);
        return dialog.isCaller ? step(2_100, 4_000) : step(0, 2_000);
      }
      case 500: {
        const seconds = retryAfterSeconds(response);
        return seconds !== undefined && seconds <= MAX_RETRY_AFTER_SECONDS ? seconds * 1_000 : undefined;
      }
      default:
        return undefined;
    }
  }

  #giveUp(): void {
    const { media, timer } = this.#options;
    this.#done();
    this.#wantsHold = media.direction === 'sendonly';
    const wasRefresh = this.#wantsRefresh;
    this.#wantsRefresh = false;
    if (wasRefresh && !this.#closed) timer.refreshFailed();
  }

  #lost(status: 408 | 481): void {
    this.#done();
    if (!this.#closed) this.#options.onLost(status, this.#wantsRefresh);
  }

  #done(): void {
    this.#settle();
    this.#retries = 0;
  }

  #settle(): void {
    this.#open = undefined;
    this.#patience?.cancel();
    this.#patience = undefined;
  }
}
