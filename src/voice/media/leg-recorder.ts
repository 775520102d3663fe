/** The recordings of one leg: what its far end says, through the ear that others hear with too, and what it is sent. */
import { g711DecodeTable } from '#voice/codecs/g711.js';
import type { JobId, RecordedSide } from '#voice/engine.js';
import type { JobOutcome } from '#voice/media/jobs.js';
import type { LegEar } from '#voice/media/leg-ear.js';
import type { CodecName } from '#voice/media/media-port.js';
import { SAMPLES_PER_PACKET } from '#voice/media/outgoing-stream.js';
import { Recording, type Recorded } from '#voice/media/recording.js';

export const MAX_RECORDINGS_PER_LEG = 4;

export type RecordingDone = (job: JobId, outcome: JobOutcome, durationMs: number, recorded?: Recorded) => void;

export class LegRecorder {
  readonly #ear: LegEar;
  readonly #done: RecordingDone;
  readonly #recordings: Recording[] = [];
  readonly #sent = new Int16Array(SAMPLES_PER_PACKET);

  constructor(ear: LegEar, done: RecordingDone) {
    this.#ear = ear;
    this.#done = done;
  }

  get isRecording(): boolean {
    return this.#recordings.length > 0;
  }

  add(job: JobId, side: RecordedSide, maxMs: number, silenceMs?: number): void {
    if (this.#recordings.length >= MAX_RECORDINGS_PER_LEG || !(maxMs > 0)) {
      this.#done(job, 'failed', 0);
      return;
    }
    this.#recordings.push(new Recording(job, side, maxMs, silenceMs));
    if (side !== 'out') this.#ear.open(this);
  }

  /** 20 ms have passed, in which `octets` were sent; undefined: nothing audible was. What was heard, the ear has. */
  advance(octets: Uint8Array | undefined, codec: CodecName): void {
    if (octets) {
      const decode = g711DecodeTable(codec);
      for (let i = 0; i < SAMPLES_PER_PACKET; i++) this.#sent[i] = decode[octets[i]!]!;
    } else {
      this.#sent.fill(0);
    }
    this.#forEach((recording) => recording.append(this.#ear.frame.pcm, this.#sent));
  }

  /** Time has passed in which nothing was served. */
  skip(packetTimes: number): void {
    this.#forEach((recording) => recording.appendSilence(packetTimes * SAMPLES_PER_PACKET));
  }

  pause(job: JobId, isPaused: boolean): void {
    const found = this.#recordings.find((recording) => recording.job === job);
    if (found) found.isPaused = isPaused;
  }

  /** `false`: no such recording. */
  stop(job: JobId): boolean {
    const found = this.#recordings.find((recording) => recording.job === job);
    if (found) this.#end(found, 'stopped');
    return found !== undefined;
  }

  endAll(): void {
    for (const recording of [...this.#recordings]) this.#end(recording, 'ended');
  }

  #forEach(use: (recording: Recording) => void): void {
    for (const recording of [...this.#recordings]) {
      use(recording);
      if (recording.isOver) this.#end(recording, 'completed');
    }
  }

  #end(recording: Recording, outcome: JobOutcome): void {
    this.#recordings.splice(this.#recordings.indexOf(recording), 1);
    if (this.#recordings.every(({ side }) => side === 'out')) this.#ear.shut(this);
    this.#done(recording.job, outcome, recording.durationMs, recording.take());
  }
}
