/** What a leg plays: jobs one after the other, each a row of clips without gaps between them. */
import { G711_SILENCE } from '#voice/codecs/g711.js';
import type { AudioClip, JobId } from '#voice/engine.js';
import type { EncodedClips } from '#voice/media/encoded-clips.js';
import type { JobOutcome } from '#voice/media/jobs.js';
import type { CodecName } from '#voice/media/media-port.js';

/** Jobs waiting or playing on one leg. */
export const MAX_QUEUED_JOBS = 64;
export const MAX_CLIPS_PER_JOB = 1_000;
/** An hour; a longer job is refused. */
export const MAX_JOB_SAMPLES = 60 * 60 * 8_000;

interface PlayJob {
  job: JobId;
  clips: AudioClip[];
  bargeIn: boolean;
  loop: boolean;
  /** The clip being played, and the next sample in it. */
  clip: number;
  sample: number;
  /** That clip as octets of `codec`. */
  octets?: Uint8Array;
  codec?: CodecName;
  samplesPlayed: number;
}

export type PlayDone = (job: JobId, outcome: JobOutcome, durationMs: number) => void;

export class PlayQueue {
  readonly #encoded: EncodedClips;
  readonly #done: PlayDone;
  readonly #jobs: PlayJob[] = [];

  constructor(encoded: EncodedClips, done: PlayDone) {
    this.#encoded = encoded;
    this.#done = done;
  }

  /** `loop`: from the beginning again, until stopped. */
  add(job: JobId, clips: AudioClip[], bargeIn: boolean, loop: boolean): void {
    const samples = clips.reduce((sum, clip) => sum + clip.pcm.length, 0);
    const refused =
      this.#jobs.length >= MAX_QUEUED_JOBS || clips.length > MAX_CLIPS_PER_JOB || samples > MAX_JOB_SAMPLES;
    if (refused) this.#done(job, 'failed', 0);
    // A loop of nothing would never let time pass.
    else this.#jobs.push({ job, clips, bargeIn, loop: loop && samples > 0, clip: 0, sample: 0, samplesPlayed: 0 });
  }

  /**
   * Writes the next octets, as many as `count`, filling up with silence. `false`: nothing is playing, and nothing was
   * written.
   */
  next(into: Uint8Array, at: number, count: number, codec: CodecName): boolean {
    this.settle();
    const job = this.#jobs[0];
    if (!job) return false;
    let filled = 0;
    while (filled < count && job.clip < job.clips.length) {
      const octets = this.#octetsOf(job, codec);
      const taken = Math.min(count - filled, octets.length - job.sample);
      into.set(octets.subarray(job.sample, job.sample + taken), at + filled);
      filled += taken;
      job.sample += taken;
      if (job.sample >= octets.length) nextClip(job);
    }
    job.samplesPlayed += filled;
    into.fill(G711_SILENCE[codec], at + filled, at + count);
    return true;
  }

  /** To be called when what `next` gave has been sent: reports the jobs that are through. */
  settle(): void {
    for (let job = this.#jobs[0]; job && job.clip >= job.clips.length; job = this.#jobs[0]) this.#end(job, 'completed');
  }

  /** `false`: no such job. */
  stop(job: JobId): boolean {
    const found = this.#jobs.find((queued) => queued.job === job);
    if (found) this.#end(found, 'stopped');
    return found !== undefined;
  }

  endAll(outcome: 'stopped' | 'ended'): void {
    while (this.#jobs[0]) this.#end(this.#jobs[0], outcome);
  }

  /** A key was pressed: the jobs that allow it are over, those still waiting as well. */
  barge(): void {
    for (const job of this.#jobs.filter((queued) => queued.bargeIn)) this.#end(job, 'barged');
  }

  #octetsOf(job: PlayJob, codec: CodecName): Uint8Array {
    if (!job.octets || job.codec !== codec) {
      job.octets = this.#encoded.get(job.clips[job.clip]!.pcm, codec);
      job.codec = codec;
    }
    return job.octets;
  }

  #end(job: PlayJob, outcome: JobOutcome): void {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#done(job.job, outcome, Math.round(job.samplesPlayed / 8));
  }
}

function nextClip(job: PlayJob): void {
  job.clip++;
  if (job.loop && job.clip >= job.clips.length) job.clip = 0;
  job.sample = 0;
  delete job.octets;
}
