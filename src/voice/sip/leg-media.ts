/**
 * A leg's side of the media port: opening and closing, the session description of the moment, and an account of its jobs:
 * each job ends exactly once, also when the leg or the media worker ends first.
 */
import type { EngineCommand, EngineEventBody, JobId, LegId, RtpStats } from '#voice/engine.js';
import type { Clock, Timer } from '#clock.js';
import type { Media, MediaEvent, MediaSession } from '#voice/media/media-port.js';
import { answerOffer, makeOffer, readAnswer } from '#voice/sdp/offer-answer.js';
import { parseSessionDescription, SdpError, writeSessionDescription } from '#voice/sdp/session-description.js';

export type JobCommand = Extract<EngineCommand, { kind: 'play' | 'record' | 'sendDtmf' | 'detectMachine' }>;
type PauseCommand = Extract<EngineCommand, { kind: 'pause' | 'resume' }>;

export interface LegMediaUser {
  emit(event: EngineEventBody): void;
  onOpened(): void;
  /** The media side failed on its own: no port, or its worker died. */
  onFailed(error: string): void;
  onSilent(forMs: number): void;
  /** A key that media cannot send itself. */
  onSendInfo(digit: string, durationMs: number): void;
}

/** What became of a session description of the far end. */
export type Negotiated = { ok: true; body: Buffer } | { ok: false; reason: string };

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

  offer(): Buffer {
    return writeSessionDescription(makeOffer(this.#local()));
  }

  /** Answers an offer of the far end and changes the session accordingly. */
  answer(offer: Buffer): Negotiated {
    return this.#negotiate(() => {
      const made = answerOffer(parseSessionDescription(offer), this.#local());
      if (!made.ok) return made;
      this.#connect(made.session);
      return { ok: true, body: writeSessionDescription(made.answer) };
    });
  }

  /** Takes the far end's answer to our offer. */
  accept(answer: Buffer): Negotiated {
    return this.#negotiate(() => {
      const read = readAnswer(parseSessionDescription(answer));
      if (!read.ok) return read;
      this.#connect(read.session);
      return { ok: true, body: answer };
    });
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

  #local(): { address: string; port: number; sessionId: string; version: number } {
    return { address: this.#address, port: this.#port, sessionId: this.#sessionId, version: (this.#version += 1) };
  }

  #connect(session: MediaSession): void {
    if (this.isOpen) this.#media.send({ kind: 'connect', leg: this.leg, session });
  }

  #negotiate(attempt: () => Negotiated): Negotiated {
    try {
      return attempt();
    } catch (error) {
      if (error instanceof SdpError) return { ok: false, reason: error.message };
      throw error;
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
