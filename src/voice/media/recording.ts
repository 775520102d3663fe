/** One recording of a leg, sample by sample on the leg's sending clock, so that both directions stay together. */
import { SilenceWatch } from '#voice/detection/silence-watch.js';
import type { JobId, RecordedSide } from '#voice/engine.js';

/** Two hours: 110 MB. Longer wishes are cut to it. */
export const MAX_RECORDING_MS = 2 * 60 * 60 * 1_000;
const SAMPLES_PER_MS = 8;
/** What stays of the silence after the last word, so that it is not cut off. */
const LAST_SILENCE_MS = 300;
const FIRST_SAMPLES = 5 * 1_000 * SAMPLES_PER_MS;

/** Samples in buffers of their own, to be transferred. `out`: of a recording whose sides are apart. */
export interface Recorded {
  pcm: Int16Array<ArrayBuffer>;
  out?: Int16Array<ArrayBuffer>;
}

export class Recording {
  readonly job: JobId;
  readonly side: RecordedSide;
  /** What comes meanwhile is left out, and its time as well. */
  isPaused = false;
  readonly #maxSamples: number;
  #pcm: Int16Array<ArrayBuffer>;
  /** What the far end hears, where the sides are apart: as long as `#pcm`. */
  #out: Int16Array<ArrayBuffer> | undefined;
  #length = 0;
  readonly #silenceMs: number;
  /** Of one that ends when nothing is said any more. */
  readonly #watch: SilenceWatch | undefined;

  constructor(job: JobId, side: RecordedSide, maxMs: number, silenceMs?: number) {
    this.job = job;
    this.side = side;
    this.#maxSamples = Math.round(Math.max(0, Math.min(maxMs, MAX_RECORDING_MS)) * SAMPLES_PER_MS);
    this.#pcm = new Int16Array(Math.min(FIRST_SAMPLES, this.#maxSamples));
    this.#silenceMs = silenceMs ?? Infinity;
    if (silenceMs !== undefined && side !== 'out') this.#watch = new SilenceWatch();
    if (side === 'apart') this.#out = new Int16Array(this.#pcm.length);
  }

  get isOver(): boolean {
    return this.#length >= this.#maxSamples || (this.#watch !== undefined && this.#watch.silentMs >= this.#silenceMs);
  }

  /** Of what `take` gives. */
  get durationMs(): number {
    return Math.round(this.#kept / SAMPLES_PER_MS);
  }

  /** Without the silence after the last word, where it is watched. */
  get #kept(): number {
    const silentMs = this.#watch === undefined ? 0 : Math.max(0, this.#watch.silentMs - LAST_SILENCE_MS);
    return Math.max(0, this.#length - silentMs * SAMPLES_PER_MS);
  }

  /** Both frames have the same length. */
  append(heard: Int16Array, sent: Int16Array): void {
    if (this.isPaused) return;
    const count = this.#room(heard.length);
    const from = this.side === 'out' ? sent : heard;
    const pcm = this.#pcm;
    const at = this.#length;
    if (this.side === 'mixed') {
      for (let i = 0; i < count; i++) pcm[at + i] = Math.max(-32_768, Math.min(32_767, heard[i]! + sent[i]!));
    } else {
      pcm.set(count < from.length ? from.subarray(0, count) : from, at);
    }
    this.#out?.set(count < sent.length ? sent.subarray(0, count) : sent, at);
    this.#length += count;
    this.#watch?.hear(heard);
  }

  /** Time in which the worker did nothing. */
  appendSilence(samples: number): void {
    if (this.isPaused) return;
    this.#length += this.#room(samples);
    this.#watch?.skip(samples / SAMPLES_PER_MS);
  }

  /** What was recorded; its buffers are to be transferred, and the recording not used again. */
  take(): Recorded {
    const pcm = this.#pcm.subarray(0, this.#kept);
    return { pcm, ...(this.#out && { out: this.#out.subarray(0, this.#kept) }) };
  }

  /** Makes room for so many samples and says how many of them may still be recorded. */
  #room(samples: number): number {
    const count = Math.min(samples, this.#maxSamples - this.#length);
    const needed = this.#length + count;
    if (needed > this.#pcm.length) {
      const size = Math.min(this.#maxSamples, Math.max(needed, this.#pcm.length * 2));
      this.#pcm = grown(this.#pcm, size);
      if (this.#out) this.#out = grown(this.#out, size);
    }
    return count;
  }
}

function grown(pcm: Int16Array, size: number): Int16Array<ArrayBuffer> {
  const larger = new Int16Array(size);
  larger.set(pcm);
  return larger;
}
