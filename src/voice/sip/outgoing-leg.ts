/**
 * A leg that we dial: one INVITE through a trunk or to a URI, or one to each contact of a phone at once. Ends with the
 * first answer, the last refusal, the ring timeout, or our hanging up.
 */
import type { Timer } from '#clock.js';
import type { CallerId, Diversion, EndCause, LegId, TrunkConfig } from '#voice/engine.js';
import type { Media } from '#voice/media/media-port.js';
import { callerIdentity } from '#voice/sip/caller-identity.js';
import { MAX_FORWARDS } from '#voice/sip/dialog.js';
import { DigestClient } from '#voice/sip/digest-client.js';
import { causeOfResponse, reasonHeader, reasonOf, retryAfterSeconds } from '#voice/sip/end-cause.js';
import { newCallId, newTag } from '#voice/sip/ids.js';
import type { InDialog } from '#voice/sip/in-dialog.js';
import { Leg, type HangUp, type LegEnd, type LegUser } from '#voice/sip/leg.js';
import { Headers, type SipRequest, type SipResponse } from '#voice/sip/message.js';
import { formatNameAddress } from '#voice/sip/name-address.js';
import { OutgoingInvite, type InviteFailure } from '#voice/sip/outgoing-invite.js';
import { redirectsOf } from '#voice/sip/redirects.js';
import { isSdp } from '#voice/sip/session-body.js';
import type { Session } from '#voice/sip/session.js';
import { ALLOW, SDP_TYPE, type Signalling } from '#voice/sip/signalling.js';
import type { Peer } from '#voice/sip/transport.js';
import { SUPPORTED } from '#voice/sip/unsupported.js';

export interface InviteTarget {
  /** The Request-URI. */
  uri: string;
  /** The To URI. */
  to: string;
  /** The host part of From; default: our own address. */
  fromHost?: string;
  /** How the caller is told; undefined for phones. */
  trunk?: TrunkConfig;
  /** In order of preference (RFC 3263). */
  peers: Peer[];
  credentials?: { username: string; password: string };
  /** See `DialogOptions`. */
  followsSource: boolean;
}

export interface Dial {
  leg: LegId;
  from: CallerId;
  diversion?: Diversion | undefined;
  /** From the command to the answer, milliseconds. */
  ringTimeoutMs: number;
  maxForwards: number;
  /** See `LegMedia.open`. */
  beside?: LegId;
}

type TargetFailure = InviteFailure & { target: InviteTarget };

const ANSWERED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

type State =
  /** Waiting for a port and for addresses. */
  | { name: 'preparing' }
  | { name: 'inviting' }
  /** Cancelled by us; waiting for the far end's last word. */
  | { name: 'withdrawing'; cause: EndCause; sipReason: string | undefined; timer: Timer }
  | { name: 'answered'; inDialog: InDialog };

export class OutgoingLeg extends Leg {
  readonly #dial: Dial;
  #targets: InviteTarget[] | undefined;
  readonly #ringTimer: Timer;
  #state: State = { name: 'preparing' };
  /** Those without an outcome yet. */
  readonly #invites = new Set<OutgoingInvite>();
  readonly #failures: TargetFailure[] = [];
  readonly #callIds: string[] = [];
  #heard = false;
  #ringing = false;
  /** The last session description of a provisional answer: one that comes again changes nothing. */
  #early: { session: Session; described: Buffer } | undefined;

  constructor(signalling: Signalling, media: Media, dial: Dial, user: LegUser) {
    super(signalling, media, dial.leg, user);
    this.#dial = dial;
    this.#ringTimer = signalling.clock.after(dial.ringTimeoutMs, () => this.#onRingTimeout());
  }

  /** Once the engine knows the leg. `targets` rejects where a name does not resolve. */
  begin(targets: Promise<InviteTarget[]>): void {
    this.media.open(this.#dial.beside);
    targets.then(
      (found) => {
        this.#targets = found;
        this.#invite();
      },
      (error: unknown) => {
        const sipReason = error instanceof Error ? error.message : String(error);
        this.finish({ cause: 'unreachable', by: 'us', sipReason });
      },
    );
  }

  protected get isAnswered(): boolean {
    return this.#state.name === 'answered';
  }

  get inDialog(): InDialog | undefined {
    return this.#state.name === 'answered' ? this.#state.inDialog : undefined;
  }

  hold(on: boolean): void {
    if (this.#state.name === 'answered') this.#state.inDialog.hold(on);
  }

  hangup(why: HangUp): void {
    const state = this.#state;
    switch (state.name) {
      case 'answered':
        state.inDialog.bye(reasonHeader(why.sipCode, why.reason));
        return this.finish({ cause: why.cause ?? 'hangup', by: 'us', sipCode: 200, ...sipReason(why.reason) });
      case 'preparing':
        return this.finish({ cause: why.cause ?? 'canceled', by: 'us', ...sipReason(why.reason) });
      case 'inviting':
        this.#withdraw(why.cause ?? 'canceled', why);
        break;
      case 'withdrawing':
        break;
    }
    // A failing engine does not wait for the far end's last word.
    if (why.cause !== undefined) this.finish({ cause: why.cause, by: 'us', ...sipReason(why.reason) });
  }

  protected onMediaOpened(): void {
    this.#invite();
  }

  protected override finish(end: LegEnd): void {
    this.#ringTimer.cancel();
    if (this.#state.name === 'withdrawing') this.#state.timer.cancel();
    for (const callId of this.#callIds) this.signalling.removeOwnCall(callId);
    super.finish(end);
  }

  #invite(): void {
    if (this.isFinished || this.#state.name !== 'preparing') return;
    if (this.#targets === undefined || !this.media.isOpen) return;
    this.#state = { name: 'inviting' };
    for (const target of this.#targets) this.#invites.add(this.#inviteTo(target));
    if (this.#invites.size === 0) return this.finish({ cause: 'unreachable', by: 'us', sipReason: 'no address' });
    for (const invite of [...this.#invites]) invite.start();
  }

  #inviteTo(target: InviteTarget): OutgoingInvite {
    const callId = newCallId();
    const tag = newTag();
    this.#callIds.push(callId);
    this.signalling.addOwnCall(callId);
    const digest = target.credentials && new DigestClient(target.credentials);
    const invite: OutgoingInvite = new OutgoingInvite(
      this.signalling,
      this.media,
      {
        compose: (peer, sequence) => this.#compose(target, peer, { callId, tag, sequence }),
        peers: target.peers,
        digest,
        followsSource: target.followsSource,
      },
      {
        onProvisional: (response, inDialog, from) => this.#onProvisional(response, inDialog, from),
        onAnswered: (response, inDialog, from) => this.#onAnswered(invite, response, inDialog, from),
        onFailed: (failure) => this.#onFailed(invite, { ...failure, target }),
        onSilent: (left) => this.#moveOn(invite, { ...target, peers: left }),
        onBye: (reason) => this.finish({ cause: 'hangup', by: 'them', sipCode: 200, ...sipReason(reason) }),
        onLost: (end) => this.finish({ ...end, sipCode: 200 }),
      },
    );
    return invite;
  }

  /** Should the silent one answer after all, it is cancelled, or its call ended. */
  #moveOn(silent: OutgoingInvite, target: InviteTarget): void {
    this.#invites.delete(silent);
    silent.cancel();
    const next = this.#inviteTo(target);
    this.#invites.add(next);
    next.start();
  }

  #compose(target: InviteTarget, peer: Peer, ids: { callId: string; tag: string; sequence: number }): SipRequest {
    const { signalling } = this;
    this.media.setAddress(signalling.mediaAddress(peer));
    const { from: caller, diversion } = this.#dial;
    const { fromHost, trunk } = target;
    const { from, fields } = callerIdentity({ caller, diversion, fromHost, trunk, ourHost: signalling.host(peer) });
    const headers = Headers.of([
      ['Max-Forwards', String(Math.min(this.#dial.maxForwards, MAX_FORWARDS))],
      ['From', formatNameAddress({ ...from, params: new Map([['tag', ids.tag]]) })],
      ['To', `<${target.to}>`],
      ['Call-ID', ids.callId],
      ['CSeq', `${ids.sequence} INVITE`],
      ['Contact', signalling.contact(peer)],
      ...fields,
      ['Allow', ALLOW],
      ['Supported', SUPPORTED.join(', ')],
      ['User-Agent', signalling.userAgent],
      ['Content-Type', SDP_TYPE],
    ]);
    return { kind: 'request', method: 'INVITE', uri: target.uri, headers, body: this.media.offer() };
  }

  #onProvisional(response: SipResponse, inDialog: InDialog | undefined, from: Peer): void {
    if (this.#state.name !== 'inviting') return;
    const { status: sipCode } = response;
    if (!this.#heard) this.emit({ kind: 'leg.proceeding', leg: this.id, sipCode });
    this.#heard = true;
    if (sipCode === 180 && !this.#ringing) {
      this.#ringing = true;
      this.emit({ kind: 'leg.ringing', leg: this.id, sipCode });
    }
    if (inDialog !== undefined && response.body.length > 0 && isSdp(response)) {
      this.#hearEarly(inDialog.session, response, from);
    }
  }

  /** Of several far ends the one that spoke up last is heard: a call that is passed on goes from one to the next. */
  #hearEarly(session: Session, { status: sipCode, body }: SipResponse, from: Peer): void {
    if (this.#early?.session === session && this.#early.described.equals(body)) return;
    const isRepetition = this.#early !== undefined && this.#early.session !== session && session.agreed !== undefined;
    this.media.setAddress(this.signalling.mediaAddress(from));
    if (isRepetition || !session.accept(body).ok) return;
    this.media.select(session);
    if (this.#early === undefined) this.emit({ kind: 'leg.early', leg: this.id, sipCode });
    this.#early = { session, described: body };
  }

  #onAnswered(invite: OutgoingInvite, response: SipResponse, inDialog: InDialog, from: Peer): void {
    this.#invites.delete(invite);
    this.#cancelAll(ANSWERED_ELSEWHERE);
    if (this.isFinished) return inDialog.bye();
    this.media.setAddress(this.signalling.mediaAddress(from));
    const refusal = refusalOf(inDialog.session, response);
    if (refusal !== undefined) {
      inDialog.bye(reasonHeader(488, refusal));
      return this.finish({ cause: 'incompatible', by: 'us', sipCode: response.status, ...sipReason(refusal) });
    }
    this.media.select(inDialog.session);
    this.#state = { name: 'answered', inDialog };
    this.#ringTimer.cancel();
    this.answered(response.status);
  }

  #onFailed(invite: OutgoingInvite, failure: TargetFailure): void {
    // One that was silent for too long is no longer counted on.
    if (!this.#invites.delete(invite)) return;
    this.#failures.push(failure);
    // The contacts that lost against an answer say so here.
    if (this.isFinished || this.#state.name === 'answered') return;
    // 6xx speaks for the callee everywhere (RFC 3261 section 21.6).
    const isGlobal = 'response' in failure && failure.response.status >= 600;
    if (this.#state.name === 'inviting' && isGlobal) {
      this.#cancelAll();
      return this.finish(endOf(failure));
    }
    if (this.#invites.size > 0) return;
    const best = bestOf(this.#failures);
    if (this.#state.name !== 'withdrawing') return this.finish(endOf(best));
    const { cause, sipReason: reason } = this.#state;
    const sipCode = 'response' in best ? best.response.status : undefined;
    this.finish({ cause, by: 'us', ...(sipCode !== undefined && { sipCode }), ...sipReason(reason) });
  }

  #onRingTimeout(): void {
    if (this.#state.name === 'preparing') {
      return this.finish({ cause: 'unreachable', by: 'us', sipReason: 'the address was not found in time' });
    }
    // Silence is not ringing: where nothing at all was heard, nobody is there.
    if (this.#state.name === 'inviting') this.#withdraw(this.#heard ? 'no_answer' : 'unreachable', {});
  }

  #withdraw(cause: EndCause, why: HangUp): void {
    const sipReasonText = why.reason;
    const timer = this.signalling.clock.after(this.signalling.waits.cancelWait, () =>
      this.finish({ cause, by: 'us', ...sipReason(sipReasonText) }),
    );
    this.#state = { name: 'withdrawing', cause, sipReason: sipReasonText, timer };
    this.#cancelAll(reasonHeader(why.sipCode, why.reason));
  }

  #cancelAll(reason?: string): void {
    for (const invite of [...this.#invites]) invite.cancel(reason);
  }
}

/** Takes the answer's session; why it cannot be taken. The session of an early answer need not be repeated. */
function refusalOf(session: Session, response: SipResponse): string | undefined {
  if (response.body.length === 0) return session.agreed ? undefined : 'an answer without session description';
  if (!isSdp(response)) return 'an answer that is not a session description';
  const negotiated = session.accept(response.body);
  return negotiated.ok ? undefined : negotiated.reason;
}

function sipReason(text: string | undefined): { sipReason?: string } {
  return text === undefined ? {} : { sipReason: text.slice(0, 200) };
}

function endOf(failure: TargetFailure): LegEnd {
  if (!('response' in failure)) return { cause: 'unreachable', by: 'us', sipReason: failure.error.slice(0, 200) };
  const { response } = failure;
  const retryAfter = retryAfterSeconds(response);
  const cause = causeOfResponse(response);
  return {
    cause,
    by: 'them',
    sipCode: response.status,
    ...sipReason(reasonOf(response)),
    ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }),
    ...(cause === 'redirected' && { redirects: redirectsOf(response, failure.target.trunk?.numbers) }),
  };
}

/** Of several contacts' refusals the one that says most: a person's own answer before a machine's. */
function bestOf(failures: TargetFailure[]): TargetFailure {
  const rank = (failure: TargetFailure): number => {
    if (!('response' in failure)) return 3;
    const cause = causeOfResponse(failure.response);
    if (cause === 'busy' || cause === 'rejected') return 0;
    return failure.response.status === 408 || failure.response.status >= 500 ? 2 : 1;
  };
  return failures.reduce((best, failure) => (rank(failure) < rank(best) ? failure : best));
}
