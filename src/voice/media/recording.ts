/** One recording of a leg, sample by sample on the leg's sending clock, so that both directions stay together. */
import type { JobId, RecordedSide } from '#voice/engine.js';

/** Two hours: 110 MB. Longer wishes are cut to it. */
export const MAX_RECORDING_MS = 2 * 60 * 60 * 1_000;
const SAMPLES_PER_MS = 8;
const FIRST_SAMPLES = 5 * 1_000 * SAMPLES_PER_MS;

export class Recording {
  readonly job: JobId;
  readonly side: RecordedSide;
  readonly #maxSamples: number;
  #pcm: Int16Array<ArrayBuffer>;
  #length = 0;

  constructor(job: JobId, side: RecordedSide, maxMs: number) {
    this.job = job;
    this.side = side;
    this.#maxSamples = Math.round(Math.max(0, Math.min(maxMs, MAX_RECORDING_MS)) * SAMPLES_PER_MS);
    this.#pcm = new Int16Array(Math.min(FIRST_SAMPLES, this.#maxSamples));
  }

  get isFull(): boolean {
    return this.#length >= this.#maxSamples;
  }

  get durationMs(): number {
    return Math.round(this.#length / SAMPLES_PER_MS);
  }

  /** Both frames have the same length. */
  append(heard: Int16Array, sent: Int16Array): void {
    const count = this.#room(heard.length);
    const from = this.side === 'out' ? sent : heard;
    const pcm = this.#pcm;
    const at = this.#length;
    if (this.side === 'mixed') {
      for (let i = 0; i < count; i++) pcm[at + i] = Math.max(-32_768, Math.min(32_767, heard[i]! + sent[i]!));
    } else {
      for (let i = 0; i < count; i++) pcm[at + i] = from[i]!;
    }
    this.#length += count;
  }

  /** Time in which the worker did nothing. */
  appendSilence(samples: number): void {
    this.#length += this.#room(samples);
  }

  /** What was recorded; its buffer is to be transferred, and the recording not used again. */
  take(): Int16Array<ArrayBuffer> {
    return this.#pcm.subarray(0, this.#length);
  }

  /** Makes room for so many samples and says how many of them may still be recorded. */
  #room(samples: number): number {
    const count = Math.min(samples, this.#maxSamples - this.#length);
    const needed = this.#length + count;
    if (needed > this.#pcm.length) {
      const grown = new Int16Array(Math.min(this.#maxSamples, Math.max(needed, this.#pcm.length * 2)));
      grown.set(this.#pcm.subarray(0, this.#length));
      this.#pcm = grown;
    }
    return count;
  }
}
