/** The digits that a leg is to send: jobs one after the other, a press and a pause for each digit. */
import { encodedKey } from '#voice/codecs/dtmf-tones.js';
import type { DtmfWay, JobId } from '#voice/engine.js';
import type { JobOutcome } from '#voice/media/jobs.js';
import type { CodecName } from '#voice/media/media-port.js';
import { SAMPLES_PER_PACKET } from '#voice/media/outgoing-stream.js';
import { DtmfSender, type DtmfPacket } from '#voice/rtp/dtmf-sender.js';
import { DTMF_DIGITS } from '#voice/rtp/telephone-event.js';

export const MAX_QUEUED_DTMF_JOBS = 16;
export const MAX_DIGITS_PER_JOB = 128;
/** Long enough for every detector on the way (ITU-T Q.24 asks for 40 ms). */
export const PRESS_MS = 100;
/** Between a key and the next, in frames of 20 ms. */
const PAUSE_FRAMES = 5;
/** What `,` stands for: one second. */
const COMMA_FRAMES = 50;
const PRESS_FRAMES = PRESS_MS / 20;

/** How the far end takes keys. */
export interface KeySending {
  way: DtmfWay;
  law: CodecName;
}

/** 20 ms of a key: a telephone event or octets of sound. */
export type KeyFrame = { event: DtmfPacket } | { octets: Uint8Array };

export interface DtmfJobsListener {
  done(job: JobId, outcome: JobOutcome, durationMs: number): void;
  /** This key has to be sent by SIP INFO. */
  sendInfo(digit: string, durationMs: number): void;
}

interface DtmfJob {
  job: JobId;
  digits: string;
  next: number;
  durationMs: number;
}

/** A key that is down, or a comma that passes. */
interface Press {
  digit: string;
  frame: number;
  frames: number;
  /** Of a key that is sent as telephone events. */
  sender: DtmfSender | undefined;
}

export class DtmfJobs {
  readonly #listener: DtmfJobsListener;
  readonly #jobs: DtmfJob[] = [];
  #press: Press | undefined;
  #pauseFrames = 0;

  constructor(listener: DtmfJobsListener) {
    this.#listener = listener;
  }

  get isIdle(): boolean {
    return this.#jobs.length === 0 && !this.#press;
  }

  add(job: JobId, digits: string): void {
    const valid = digits.length > 0 && digits.length <= MAX_DIGITS_PER_JOB;
    const known = [...digits].every((digit) => digit === ',' || DTMF_DIGITS.includes(digit));
    if (!valid || !known || this.#jobs.length >= MAX_QUEUED_DTMF_JOBS) this.#listener.done(job, 'failed', 0);
    else this.#jobs.push({ job, digits, next: 0, durationMs: 0 });
  }

  /** The next 20 ms; undefined: silence. `timestamp`: of the stream, now. */
  next(timestamp: number, sending: KeySending): KeyFrame | undefined {
    const job = this.#jobs[0];
    if (job) job.durationMs += 20;
    if (!this.#press && this.#pauseFrames > 0) {
      this.#pauseFrames--;
      return undefined;
    }
    if (!this.#press && job) this.#press = this.#begin(job.digits[job.next++]!, timestamp, sending);
    return this.#press && this.#goOn(this.#press, sending);
  }

  /** To be called when what `next` gave has been sent: a job is through with the last packet of its last digit. */
  settle(): void {
    const job = this.#jobs[0];
    if (job && !this.#press && job.next >= job.digits.length) this.#end(job, 'completed');
  }

  /** `false`: no such job. A key that is down is let go. */
  stop(job: JobId): boolean {
    const found = this.#jobs.find((queued) => queued.job === job);
    if (found && found === this.#jobs[0]) this.#release();
    if (found) this.#end(found, 'stopped');
    return found !== undefined;
  }

  endAll(): void {
    this.#release();
    while (this.#jobs[0]) this.#end(this.#jobs[0], 'ended');
  }

  #begin(digit: string, timestamp: number, { way }: KeySending): Press {
    if (digit === ',') return { digit, frame: 0, frames: COMMA_FRAMES, sender: undefined };
    if (way === 'info') this.#listener.sendInfo(digit, PRESS_MS);
    const sender = way === 'rfc4733' ? new DtmfSender(digit, timestamp, PRESS_MS) : undefined;
    return { digit, frame: 0, frames: PRESS_FRAMES, sender };
  }

  #goOn(press: Press, { way, law }: KeySending): KeyFrame | undefined {
    const { digit, sender, frame } = press;
    press.frame++;
    const event = sender?.next();
    if (sender ? sender.done : press.frame >= press.frames) {
      this.#press = undefined;
      // The end of an event is sent three times, of which two lie in the pause.
      this.#pauseFrames = digit === ',' ? 0 : PAUSE_FRAMES - (sender ? 2 : 0);
    }
    if (event) return { event };
    if (way !== 'inband' || digit === ',') return undefined;
    const at = frame * SAMPLES_PER_PACKET;
    return { octets: encodedKey(digit, law, PRESS_MS).subarray(at, at + SAMPLES_PER_PACKET) };
  }

  /** Of an event the end is still to be told; a tone and a comma just stop. */
  #release(): void {
    if (this.#press?.sender) this.#press.sender.release();
    else this.#press = undefined;
  }

  #end(job: DtmfJob, outcome: JobOutcome): void {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#listener.done(job.job, outcome, job.durationMs);
  }
}
