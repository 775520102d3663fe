import { keepRecording, type CallRow } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import type { Party } from '#core/phone-calls/party.js';
import type { AudioClip, EngineEvent, JobId } from '#voice/engine.js';

/**
 * The recording of a call between people: from when both speak, after a notice to both unless their consent is on record
 * (rule 10), until the caller has gone, whoever they speak with by then. Both sides mixed.
 */
export class CallRecording {
  #notice: JobId | undefined;
  #job: JobId | undefined;
  #isKept: Promise<void> = Promise.resolve();

  constructor(
    private readonly core: Core,
    private readonly row: CallRow,
    private readonly caller: Party,
    private readonly longestSeconds: number,
    /** It has begun. */
    private readonly begun: () => void,
  ) {}

  /** `notice`: what both hear first; empty: nothing has to be said. */
  start(other: Party, notice: AudioClip[]): void {
    if (this.#job !== undefined || this.#notice !== undefined) return;
    if (notice.length === 0) return this.#record();
    other.play(notice);
    this.#notice = this.caller.play(notice);
  }

  onEvent(event: EngineEvent, party: Party): void {
    if (event.kind !== 'job.done' || party !== this.caller) return;
    if (event.job === this.#notice && this.#job === undefined && event.outcome !== 'ended') this.#record();
    if (event.job === this.#job && event.recording !== undefined) this.#keep(event.recording.pcm);
  }

  /** Nothing of what is said until it goes on is kept, nor its time. */
  pause(): void {
    if (this.#job !== undefined) this.caller.send({ kind: 'pause', job: this.#job });
  }

  resume(): void {
    if (this.#job !== undefined) this.caller.send({ kind: 'resume', job: this.#job });
  }

  /** Once what there is of it is a file with its row; it never fails: a full disk stops a recording, not a call. */
  kept(): Promise<void> {
    return this.#isKept;
  }

  #record(): void {
    this.#job = this.caller.newJob('recording');
    const maxMs = this.longestSeconds * 1000;
    this.caller.send({ kind: 'record', job: this.#job, side: 'mixed', maxMs });
    this.begun();
  }

  #keep(pcm: Int16Array): void {
    this.#isKept = keepRecording(this.core, this.row, pcm).catch((error: unknown) =>
      this.core.log.error({ call: this.row.id, error: String(error) }, 'a recording could not be kept'),
    );
  }
}
