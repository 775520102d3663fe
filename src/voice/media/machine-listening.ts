/** Listens at a leg's ear for who answered: one `detectMachine` job at a time. */
import { MachineDetector } from '#voice/detection/machine-detector.js';
import type { JobId, LegId, MachineDetectionOptions } from '#voice/engine.js';
import type { JobOutcome } from '#voice/media/jobs.js';
import type { FrameListener, HeardFrame, LegEar } from '#voice/media/leg-ear.js';
import type { MediaEvent } from '#voice/media/media-port.js';

export class MachineListening implements FrameListener {
  readonly #leg: LegId;
  readonly #ear: LegEar;
  readonly #emit: (event: MediaEvent) => void;
  #job: JobId | undefined;
  #detector: MachineDetector | undefined;

  constructor(leg: LegId, ear: LegEar, emit: (event: MediaEvent) => void) {
    this.#leg = leg;
    this.#ear = ear;
    this.#emit = emit;
  }

  start(job: JobId, options: MachineDetectionOptions): void {
    if (this.#job !== undefined) {
      this.#done(job, 'failed', 0);
      return;
    }
    const leg = this.#leg;
    this.#job = job;
    this.#detector = new MachineDetector(options, {
      verdict: (verdict, revised, evidence) => this.#emit({ kind: 'machine', leg, job, verdict, revised, evidence }),
      beep: (frequencyHz, durationMs) => this.#emit({ kind: 'machine.beep', leg, job, frequencyHz, durationMs }),
      silence: (silenceMs) => this.#emit({ kind: 'machine.silence', leg, job, silenceMs }),
    });
    this.#ear.listen(this);
  }

  heard(frame: HeardFrame): void {
    this.#detector?.hear(frame.pcm, frame.isConcealed);
    if (this.#detector?.isDone) this.#end('completed');
  }

  skipped(frames: number): void {
    this.#detector?.skip(frames);
    if (this.#detector?.isDone) this.#end('completed');
  }

  /** `false`: no such job. */
  stop(job: JobId): boolean {
    if (job !== this.#job) return false;
    this.#end('stopped');
    return true;
  }

  /** The leg ends. */
  close(): void {
    if (this.#job !== undefined) this.#end('ended');
  }

  #end(outcome: JobOutcome): void {
    const job = this.#job!;
    const heardMs = this.#detector!.heardMs;
    this.#job = this.#detector = undefined;
    this.#ear.shut(this);
    this.#done(job, outcome, heardMs);
  }

  #done(job: JobId, outcome: JobOutcome, durationMs: number): void {
    this.#emit({ kind: 'job.done', leg: this.#leg, job, outcome, durationMs });
  }
}
