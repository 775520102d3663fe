/** The digits that a leg is to send: jobs one after the other, a press and a pause for each digit. */
import type { JobId } from '#voice/engine.js';
import type { JobOutcome } from '#voice/media/jobs.js';
import { DtmfSender, type DtmfPacket } from '#voice/rtp/dtmf-sender.js';
import { DTMF_DIGITS } from '#voice/rtp/telephone-event.js';

export const MAX_QUEUED_DTMF_JOBS = 16;
export const MAX_DIGITS_PER_JOB = 128;
/** Long enough for every detector on the way (ITU-T Q.24 asks for 40 ms). */
export const PRESS_MS = 100;
/** From the first end packet of one digit to the next press, in packets: 100 ms, two of which repeat the end. */
const PAUSE_PACKETS = 5;

interface DtmfJob {
  job: JobId;
  digits: string;
  next: number;
  durationMs: number;
}

export class DtmfJobs {
  readonly #done: (job: JobId, outcome: JobOutcome, durationMs: number) => void;
  readonly #jobs: DtmfJob[] = [];
  #sender: DtmfSender | undefined;
  #pausePackets = 0;

  constructor(done: (job: JobId, outcome: JobOutcome, durationMs: number) => void) {
    this.#done = done;
  }

  get isIdle(): boolean {
    return this.#jobs.length === 0 && !this.#sender;
  }

  add(job: JobId, digits: string): void {
    const valid = digits.length > 0 && digits.length <= MAX_DIGITS_PER_JOB;
    const known = [...digits].every((digit) => DTMF_DIGITS.includes(digit));
    if (!valid || !known || this.#jobs.length >= MAX_QUEUED_DTMF_JOBS) this.#done(job, 'failed', 0);
    else this.#jobs.push({ job, digits, next: 0, durationMs: 0 });
  }

  /** The packet of the next 20 ms; undefined in pauses. `timestamp`: of the stream, now. */
  next(timestamp: number): DtmfPacket | undefined {
    const job = this.#jobs[0];
    if (!this.#sender && job && this.#pausePackets === 0) {
      this.#sender = new DtmfSender(job.digits[job.next]!, timestamp, PRESS_MS);
      job.next++;
    }
    if (job) job.durationMs += 20;
    const packet = this.#sender?.next();
    if (!packet) this.#pausePackets = Math.max(0, this.#pausePackets - 1);
    if (this.#sender?.done) {
      this.#sender = undefined;
      this.#pausePackets = PAUSE_PACKETS - 2;
    }
    return packet;
  }

  /** To be called when what `next` gave has been sent: a job is through with the last packet of its last digit. */
  settle(): void {
    const job = this.#jobs[0];
    if (job && !this.#sender && job.next >= job.digits.length) this.#end(job, 'completed');
  }

  /** `false`: no such job. A key that is down is let go. */
  stop(job: JobId): boolean {
    const found = this.#jobs.find((queued) => queued.job === job);
    if (found && found === this.#jobs[0]) this.#sender?.release();
    if (found) this.#end(found, 'stopped');
    return found !== undefined;
  }

  endAll(outcome: 'ended' | 'failed'): void {
    this.#sender?.release();
    while (this.#jobs[0]) this.#end(this.#jobs[0], outcome);
  }

  #end(job: DtmfJob, outcome: JobOutcome): void {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#done(job.job, outcome, job.durationMs);
  }
}
