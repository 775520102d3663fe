/** The recordings of one leg, and the jitter buffer that they hear through. */
import { g711DecodeTable } from '#voice/codecs/g711.js';
import type { JobId, RecordedSide } from '#voice/engine.js';
import type { JobOutcome } from '#voice/media/job-outcome.js';
import type { CodecName } from '#voice/media/media-port.js';
import { SAMPLES_PER_PACKET } from '#voice/media/outgoing-stream.js';
import { Recording } from '#voice/media/recording.js';
import { JitterBuffer } from '#voice/rtp/jitter-buffer.js';

export const MAX_RECORDINGS_PER_LEG = 4;

export type RecordingDone = (
  job: JobId,
  outcome: JobOutcome,
  durationMs: number,
  pcm: Int16Array<ArrayBuffer> | undefined,
) => void;

export class LegRecorder {
  readonly #done: RecordingDone;
  readonly #recordings: Recording[] = [];
  /** Exists while somebody listens: decoding costs. */
  #jitter: JitterBuffer | undefined;
  readonly #heard = new Int16Array(SAMPLES_PER_PACKET);
  readonly #sent = new Int16Array(SAMPLES_PER_PACKET);

  constructor(done: RecordingDone) {
    this.#done = done;
  }

  get isRecording(): boolean {
    return this.#recordings.length > 0;
  }

  add(job: JobId, side: RecordedSide, maxMs: number): void {
    if (this.#recordings.length >= MAX_RECORDINGS_PER_LEG || !(maxMs > 0)) {
      this.#done(job, 'failed', 0, undefined);
      return;
    }
    this.#recordings.push(new Recording(job, side, maxMs));
    if (side !== 'out') this.#jitter ??= new JitterBuffer();
  }

  heard(timestamp: number, marker: boolean, octets: Uint8Array, codec: CodecName): void {
    this.#jitter?.push(timestamp, marker, octets, g711DecodeTable(codec));
  }

  /** 20 ms have passed, in which `octets` were sent; undefined: nothing audible was. */
  advance(octets: Uint8Array | undefined, codec: CodecName): void {
    if (octets) {
      const decode = g711DecodeTable(codec);
      for (let i = 0; i < SAMPLES_PER_PACKET; i++) this.#sent[i] = decode[octets[i]!]!;
    } else {
      this.#sent.fill(0);
    }
    this.#jitter?.pop(this.#heard);
    this.#forEach((recording) => recording.append(this.#heard, this.#sent));
  }

  /** Time has passed in which nothing was served. */
  skip(packetTimes: number): void {
    const samples = packetTimes * SAMPLES_PER_PACKET;
    this.#jitter?.skip(samples);
    this.#forEach((recording) => recording.appendSilence(samples));
  }

  /** `false`: no such recording. */
  stop(job: JobId): boolean {
    const found = this.#recordings.find((recording) => recording.job === job);
    if (found) this.#end(found, 'stopped');
    return found !== undefined;
  }

  endAll(): void {
    this.#forEach((recording) => this.#end(recording, 'ended'));
  }

  #forEach(use: (recording: Recording) => void): void {
    for (const recording of [...this.#recordings]) {
      use(recording);
      if (recording.isFull && this.#recordings.includes(recording)) this.#end(recording, 'completed');
    }
  }

  #end(recording: Recording, outcome: JobOutcome): void {
    this.#recordings.splice(this.#recordings.indexOf(recording), 1);
    if (this.#recordings.every(({ side }) => side === 'out')) this.#jitter = undefined;
    this.#done(recording.job, outcome, recording.durationMs, recording.take());
  }
}
