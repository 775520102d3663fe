import type { Activity } from '#core/phone-calls/activity.js';
import type { Party } from '#core/phone-calls/party.js';
import type { AudioClip, EngineEvent, JobId } from '#voice/engine.js';

/** Plays something to one party, to its end. */
export class Playing implements Activity {
  readonly #job: JobId;

  constructor(
    private readonly party: Party,
    clips: AudioClip[],
    private readonly done: () => void,
  ) {
    this.#job = party.play(clips);
  }

  onEvent(event: EngineEvent, party: Party): void {
    // What cannot be played must not leave a silent call open.
    if (event.kind === 'job.done' && party === this.party && event.job === this.#job) this.done();
  }

  stop(): void {
    this.party.send({ kind: 'stop', job: this.#job });
  }
}
