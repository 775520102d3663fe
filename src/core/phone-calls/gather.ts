import type { Clock, Timer } from '#clock.js';
import type { FlowStep } from '#core/call-flow/index.js';
import type { Activity } from '#core/phone-calls/activity.js';
import type { Party } from '#core/phone-calls/party.js';
import type { AudioClip, EngineEvent, JobId } from '#voice/engine.js';

export type KeyRules = Pick<
  Extract<FlowStep, { kind: 'gather' }>,
  'firstKeySeconds' | 'nextKeySeconds' | 'mostKeys' | 'isComplete'
>;

/** Asks one party something and waits for keys; the first one stops what is played. None: nobody pressed any in time. */
export class Gather implements Activity {
  #keys = '';
  #timer: Timer | undefined;
  readonly #job: JobId | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly party: Party,
    clips: AudioClip[],
    private readonly rules: KeyRules,
    private readonly done: (keys: string) => void,
  ) {
    if (clips.length > 0) this.#job = party.play(clips, { bargeIn: true });
    else this.#wait(rules.firstKeySeconds);
  }

  onEvent(event: EngineEvent, party: Party): void {
    if (party !== this.party) return;
    if (event.kind === 'dtmf') this.#onKey(event.digit);
    // Stopped by a key: that is on its way.
    else if (event.kind === 'job.done' && event.job === this.#job && this.#keys === '')
      this.#wait(this.rules.firstKeySeconds);
  }

  stop(): void {
    this.#timer?.cancel();
    if (this.#job !== undefined && this.#keys === '') this.party.send({ kind: 'stop', job: this.#job });
  }

  #onKey(key: string): void {
    this.#keys += key;
    const { mostKeys, isComplete, nextKeySeconds } = this.rules;
    if (this.#keys.length < mostKeys && !isComplete(this.#keys)) return this.#wait(nextKeySeconds);
    this.#timer?.cancel();
    this.done(this.#keys);
  }

  #wait(seconds: number): void {
    this.#timer?.cancel();
    this.#timer = this.clock.after(seconds * 1000, () => this.done(this.#keys));
  }
}
