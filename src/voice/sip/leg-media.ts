/**
 * A leg's side of the media port: opening and closing, the session description of the moment, and an account of its jobs:
 * each job ends exactly once, also when the leg or the media worker ends first.
 */
import type { EngineCommand, EngineEventBody, JobId, LegId, RtpStats } from '#voice/engine.js';
import type { Clock, Timer } from '#clock.js';
import type { Media, MediaDirection, MediaEvent } from '#voice/media/media-port.js';
import { answerOffer, makeOffer, type LocalMedia } from '#voice/sdp/offer-answer.js';
import {
  parseSessionDescription,
  SdpError,
  writeSessionDescription,
  type SessionDescription,
} from '#voice/sdp/session-description.js';
import type { Session } from '#voice/sip/session.js';

export type JobCommand = Extract<EngineCommand, { kind: 'play' | 'record' | 'sendDtmf' | 'detectMachine' }>;
type PauseCommand = Extract<EngineCommand, { kind: 'pause' | 'resume' }>;

export interface LegMediaUser {
  emit(event: EngineEventBody): void;
  onOpened(): void;
  /** The media side failed on its own: no port, or its worker died. */
  onFailed(error: string): void;
  onSilent(forMs: number): void;
  /** The far end holds the call, or takes it back. */
  onHold(on: boolean): void;
  /** A key that media cannot send itself. */
  onSendInfo(digit: string, durationMs: number): void;
}

export const MAX_JOBS_PER_LEG = 256;
/** How long a leg's end waits for the media worker's last word. */
const CLOSE_WAIT_MS = 2_000;

export class LegMedia {
  readonly leg: LegId;
  readonly #media: Media;
  readonly #clock: Clock;
  readonly #user: LegMediaUser;
  /** Jobs that are not done yet. */
  readonly #jobs = new Set<JobId>();
  /** Jobs that wait for early media of ours or the answer. Of one job: itself, and its last pause or resume. */
  #held: (JobCommand | PauseCommand)[] = [];
  #released = false;
  #state: 'new' | 'opening' | 'open' | 'closing' | 'closed' = 'new';
  #port = 0;
  #address = '';
  readonly #sessionId: string;
  #version = 0;
  #described: Buffer | undefined;
  #session: Session | undefined;
  #isHeldByThem = false;
  /** What we are ready for: `sendonly` while we hold the call. */
  direction: Extract<MediaDirection, 'sendrecv' | 'sendonly'> = 'sendrecv';
  #onClosed: ((stats: RtpStats | undefined) => void) | undefined;
  #closeTimer: Timer | undefined;

  constructor(leg: LegId, media: Media, clock: Clock, user: LegMediaUser) {
    this.leg = leg;
    this.#media = media;
    this.#clock = clock;
    this.#user = user;
    this.#sessionId = String(clock.now());
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** `beside`: of a leg that shares a media worker with this one, where there is room. Idempotent. */
  open(beside?: LegId): void {
    if (this.#state !== 'new') return;
    this.#state = 'opening';
    this.#media.send({ kind: 'open', leg: this.leg, ...(beside !== undefined && { beside }) });
  }

  /** The address of ours that goes into the session descriptions from now on. */
  setAddress(address: string): void {
    this.#address = address;
  }

  /** The offer of an INVITE that has no dialog yet. */
  offer(): Buffer {
    return this.describe(makeOffer(this.local));
  }

  /** Our side of any description. */
  get local(): LocalMedia {
    return { address: this.#address, port: this.#port, sessionId: this.#sessionId, version: this.#version };
  }

  /** Writes a description of ours; its version grows when it differs from the last one (RFC 3264 section 8). */
  describe(description: SessionDescription): Buffer {
    const write = (): Buffer => {
      const origin = { ...description.origin, version: String(this.#version) };
      return writeSessionDescription({ ...description, origin });
    };
    const again = write();
    if (this.#described?.equals(again) === true) return again;
    this.#version += 1;
    return (this.#described = write());
  }

  /** Of a leg's dialogs the one that is heard. */
  select(session: Session): void {
    if (this.#session === session) return;
    this.#session = session;
    this.onAgreed(session);
  }

  /** A session has something new to be heard. */
  onAgreed(session: Session): void {
    if (session !== this.#session || session.agreed === undefined) return;
    if (this.isOpen) this.#media.send({ kind: 'connect', leg: this.leg, session: session.agreed });
    if (session.isHeldByThem === this.#isHeldByThem) return;
    this.#isHeldByThem = session.isHeldByThem;
    this.#user.onHold(this.#isHeldByThem);
  }

  get isHeldByThem(): boolean {
    return this.#isHeldByThem;
  }

  /** The far end can hear us: held jobs start. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    const held = this.#held;
    this.#held = [];
    for (const command of held) this.#media.send(command);
  }

  start(command: JobCommand): void {
    if (this.#state === 'closing' || this.#state === 'closed') {
      this.#done(command.job, 'ended');
    } else if (this.#jobs.size >= MAX_JOBS_PER_LEG || this.#jobs.has(command.job)) {
      this.#done(command.job, 'failed');
    } else {
      this.#jobs.add(command.job);
      if (this.#released) this.#media.send(command);
      else this.#held.push(command);
    }
  }

  stop(job: JobId | undefined): void {
    const stopped = this.#held.filter((held) => (job === undefined ? held.kind === 'play' : held.job === job));
    this.#held = this.#held.filter((held) => !stopped.includes(held));
    for (const held of new Set(stopped.map((command) => command.job))) this.#finish(held, 'stopped');
    if (this.isOpen && this.#released) {
      this.#media.send({ kind: 'stop', leg: this.leg, ...(job !== undefined && { job }) });
    }
  }

  /** Pauses or resumes a recording; of a job that is not there nothing. */
  pause(command: PauseCommand): void {
    if (!this.#jobs.has(command.job)) return;
    if (this.#released) return this.#media.send(command);
    this.#held = this.#held.filter((held) => held.job !== command.job || !isPause(held));
    this.#held.push(command);
  }

  /** Brings the leg together with others, which are open by now; out of `leave`, too. */
  meet(command: Extract<EngineCommand, { kind: 'bridge' | 'join' | 'leave' }>): void {
    if (this.#state === 'opening' || this.#state === 'open') this.#media.send(command);
  }

  /** A key that came by SIP INFO. */
  info(digit: string, durationMs: number): void {
    if (this.isOpen) this.#media.send({ kind: 'info', leg: this.leg, digit, durationMs });
  }

  /** Why an offer that has just come cannot be answered at all; undefined: it can. */
  static faultOf(offer: Buffer): { status: 400 | 488; reason: string } | undefined {
    try {
      const made = answerOffer(parseSessionDescription(offer), {
        address: '0.0.0.0',
        port: 9,
        sessionId: '0',
        version: 0,
      });
      return made.ok ? undefined : { status: 488, reason: made.reason };
    } catch (error) {
      if (error instanceof SdpError) return { status: 400, reason: error.message };
      throw error;
    }
  }

  /** Closes; `onClosed` follows exactly once, after the end of every job. */
  close(onClosed: (stats: RtpStats | undefined) => void): void {
    if (this.#state === 'new' || this.#state === 'closed') {
      this.#endJobs();
      this.#state = 'closed';
      onClosed(undefined);
      return;
    }
    if (this.#state === 'closing') return;
    this.#state = 'closing';
    this.#onClosed = onClosed;
    this.#closeTimer = this.#clock.after(CLOSE_WAIT_MS, () => this.#closed(undefined));
    this.#media.send({ kind: 'close', leg: this.leg });
  }

  /** What the media port says about this leg. */
  receive(event: MediaEvent): void {
    switch (event.kind) {
      case 'opened':
        if (this.#state !== 'opening') return;
        this.#state = 'open';
        this.#port = event.port;
        this.#user.onOpened();
        return;
      case 'dtmf':
      case 'machine':
      case 'machine.beep':
      case 'machine.silence':
        this.#user.emit(event);
        return;
      case 'sendInfo':
        this.#user.onSendInfo(event.digit, event.durationMs);
        return;
      case 'job.done':
        if (this.#jobs.delete(event.job)) this.#user.emit(event);
        return;
      case 'silent':
        if (this.#state === 'open') this.#user.onSilent(event.forMs);
        return;
      case 'closed':
        if (this.#state === 'closing') return this.#closed(event.stats);
        if (this.#state === 'closed') return;
        this.#endJobs();
        this.#state = 'closed';
        return this.#user.onFailed(event.error ?? 'the media ended');
      case 'load':
        return;
    }
  }

  #closed(stats: RtpStats | undefined): void {
    this.#closeTimer?.cancel();
    this.#state = 'closed';
    this.#endJobs();
    this.#onClosed?.(stats);
    this.#onClosed = undefined;
  }

  #endJobs(): void {
    this.#held = [];
    for (const job of [...this.#jobs]) this.#finish(job, 'ended');
  }

  #finish(job: JobId, outcome: 'stopped' | 'ended'): void {
    this.#jobs.delete(job);
    this.#done(job, outcome);
  }

  #done(job: JobId, outcome: 'stopped' | 'ended' | 'failed'): void {
    this.#user.emit({ kind: 'job.done', leg: this.leg, job, outcome, durationMs: 0 });
  }
}

function isPause({ kind }: JobCommand | PauseCommand): boolean {
  return kind === 'pause' || kind === 'resume';
}
