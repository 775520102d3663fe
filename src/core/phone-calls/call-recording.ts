import { keepRecording } from '#core/calls/index.js';
import type { FlowParts } from '#core/phone-calls/flow-parts.js';
import type { Party } from '#core/phone-calls/party.js';
import { phoneWords } from '#core/phone-calls/phone-words.js';
import { hasFeature } from '#core/plans/index.js';
import type { AudioClip, EngineEvent, JobId } from '#voice/engine.js';

type JobDone = Extract<EngineEvent, { kind: 'job.done' }>;

/** A notice that something cut off is said again, so often at most. */
const MOST_NOTICES = 3;

/**
 * The recording of a call between people: from when both speak, until whoever called has gone, with whomever they speak by
 * then. Nobody is recorded who has not heard the notice to its end, unless everybody's consent is on record (rule 10): while
 * somebody who comes in hears it, the recording stands still. Both sides mixed.
 */
export class CallRecording {
  readonly #caller: Party;
  /** Who hears the notice now. */
  readonly #hearing = new Map<Party, JobId>();
  #job: JobId | undefined;
  #mayRecord = false;
  #isPausedByKey = false;
  #isPaused = false;
  #isOver = false;
  #isKept: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: Pick<FlowParts, 'core' | 'row' | 'caller' | 'configuration' | 'records'>,
    private readonly say: (text: string) => Promise<AudioClip[]>,
    /** For the history. */
    private readonly tell: (what: string) => void,
  ) {
    this.#caller = parts.caller;
    this.#caller.listen((event) => {
      if (event.kind === 'job.done' && event.job === this.#job) this.#onRecorded(event);
    });
  }

  /** These speak with each other from now on. `isStill`: they do. */
  between(one: Party, two: Party, isStill: () => boolean): void {
    const { core, records, configuration } = this.parts;
    this.#hearing.clear();
    this.#mayRecord = false;
    this.#apply();
    if (!records || this.#isOver) return;
    if (one !== this.#caller && two !== this.#caller) return this.#stop();
    if (!core.disk.takesFiles) return;
    const { recordConsent, language } = configuration.settings;
    core.background.run('say that the call is recorded', async () => {
      if (!(await this.#mayAtAll())) return;
      const notice = recordConsent ? undefined : await this.say(phoneWords(language).recorded);
      if (!isStill() || one.isEnded || two.isEnded) return;
      this.#mayRecord = true;
      for (const party of [one, two])
        if (notice !== undefined && !party.knowsOfRecording) this.#notify(party, notice, 1);
      this.#apply();
    });
  }

  /** Something is recorded, or would be if it were not paused. */
  get isRunning(): boolean {
    return this.#job !== undefined && !this.#isOver;
  }

  /** Nothing of what is said until it goes on is kept, nor its time. True: it is paused now. */
  pauseOrGoOn(by: Party): boolean {
    this.#isPausedByKey = !this.#isPausedByKey;
    this.tell(`${by.name} ${this.#isPausedByKey ? 'pauses the recording' : 'lets the recording go on'}`);
    this.#apply();
    return this.#isPausedByKey;
  }

  /** Once what there is of it is a file with its row; it never fails: a full disk stops a recording, not a call. */
  kept(): Promise<void> {
    return this.#isKept;
  }

  #notify(party: Party, notice: AudioClip[], times: number): void {
    if (notice.length === 0) return this.#giveUp();
    const job = party.play(notice);
    this.#hearing.set(party, job);
    party.listen((event) => {
      if (this.#hearing.get(party) !== job) return;
      if (event.kind === 'hold' && !event.on) return this.#notify(party, notice, times);
      if (event.kind !== 'job.done' || event.job !== job) return;
      // Said, and not heard: they hear all of it once they take the call back.
      if (party.holdsUs && (event.outcome === 'completed' || event.outcome === 'stopped')) return;
      this.#hearing.delete(party);
      if (event.outcome === 'ended') return;
      if (event.outcome === 'completed') party.knowsOfRecording = true;
      else if (event.outcome === 'stopped' && times < MOST_NOTICES) return this.#notify(party, notice, times + 1);
      else return this.#giveUp();
      this.#apply();
    });
  }

  /** Whether the plan has recordings; where that cannot be read nothing is recorded, and the history says so. */
  async #mayAtAll(): Promise<boolean> {
    const { core, row } = this.parts;
    try {
      return await hasFeature(core, row.account_id, 'call_recording');
    } catch (error) {
      this.tell('The call is not recorded from here on: whether the plan has recordings could not be read');
      throw error;
    }
  }

  /** Nobody can say it. */
  #giveUp(): void {
    if (!this.#mayRecord) return;
    this.#mayRecord = false;
    this.tell('The call is not recorded: the notice could not be said');
    this.#apply();
  }

  #apply(): void {
    const goesOn = this.#mayRecord && this.#hearing.size === 0 && !this.#isPausedByKey;
    if (this.#isOver || this.#caller.isEnded) return;
    if (this.#job === undefined) {
      if (goesOn) this.#record();
    } else if (goesOn === this.#isPaused) {
      this.#isPaused = !goesOn;
      this.#caller.send({ kind: goesOn ? 'resume' : 'pause', job: this.#job });
    }
  }

  #record(): void {
    this.#job = this.#caller.newJob('recording');
    const maxMs = this.parts.configuration.settings.longestCallSeconds * 1000;
    this.#caller.send({ kind: 'record', job: this.#job, side: 'mixed', maxMs });
    this.tell('The call is recorded');
  }

  #stop(): void {
    if (this.#job !== undefined) this.#caller.send({ kind: 'stop', job: this.#job });
  }

  #onRecorded({ recording }: JobDone): void {
    const { core, row } = this.parts;
    this.#isOver = true;
    if (recording === undefined) return;
    this.#isKept = keepRecording(core, row, recording.pcm).catch((error: unknown) =>
      core.log.error({ call: row.id, error: String(error) }, 'a recording could not be kept'),
    );
  }
}
