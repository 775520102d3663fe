import type { AudioClip, Engine, EngineCommand, EngineEvent, JobId, LegId } from '#voice/engine.js';

export interface PartyDetails {
  leg: LegId;
  /** Of ours, by its name; undefined: somebody outside. */
  phone: string | undefined;
  userId: string | undefined;
  /** E.164, an extension or `anonymous`: what others see of it. */
  number: string;
  /** As people know it: "Anna (101)". */
  name: string;
  /** It called us; otherwise we called it. */
  isCaller: boolean;
}

type LegCommand = Extract<EngineCommand, { leg: LegId }>;
type WithoutLeg<C> = C extends LegCommand ? Omit<C, 'leg'> : never;

/** One leg of a call between people: commands to it, and what is known of it. Belongs to one run at a time. */
export class Party implements PartyDetails {
  readonly leg: LegId;
  readonly phone: string | undefined;
  readonly userId: string | undefined;
  readonly number: string;
  readonly name: string;
  readonly isCaller: boolean;
  #state: 'calling' | 'early' | 'answered' | 'ended' = 'calling';
  #wasAnswered = false;
  #isLeaving = false;
  /** It has heard that what it says is recorded. */
  knowsOfRecording = false;
  #isOnHold = false;
  #holdsUs = false;
  #jobs = 0;
  readonly #listeners: ((event: EngineEvent) => void)[] = [];

  constructor(
    private readonly engine: Engine,
    details: PartyDetails,
  ) {
    ({
      leg: this.leg,
      phone: this.phone,
      userId: this.userId,
      number: this.number,
      name: this.name,
      isCaller: this.isCaller,
    } = details);
  }

  /** What the engine says of its leg, before anybody else acts on it. */
  hear(event: EngineEvent): void {
    if (event.kind === 'leg.answered') {
      this.#state = 'answered';
      this.#wasAnswered = true;
    } else if (event.kind === 'leg.ended') this.#state = 'ended';
    else if (event.kind === 'hold') this.#holdsUs = event.on;
    // Whoever begins to listen because of it hears what comes next.
    for (const heard of [...this.#listeners]) heard(event);
  }

  /** All that is said of its leg, whichever call it belongs to by then. */
  listen(heard: (event: EngineEvent) => void): void {
    this.#listeners.push(heard);
  }

  /** Whichever call it belongs to by then. */
  whenEnded(ended: () => void): void {
    this.listen(({ kind }) => (kind === 'leg.ended' ? ended() : undefined));
  }

  get isAnswered(): boolean {
    return this.#state === 'answered';
  }

  /** Also after its end. */
  get wasAnswered(): boolean {
    return this.#wasAnswered;
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Its far end has put the call on hold: nothing that is said to it is heard. */
  get holdsUs(): boolean {
    return this.#holdsUs;
  }

  /** It has been told to go. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  send(command: WithoutLeg<EngineCommand>): void {
    if (!this.isEnded) this.engine.send({ ...command, leg: this.leg });
  }

  /** A caller hears the ringing tone of their own network. */
  ring(): void {
    if (this.isCaller && this.#state === 'calling') this.send({ kind: 'ring' });
  }

  /** What is played to a caller is heard from now on, before anybody has answered. */
  early(): void {
    if (!this.isCaller || this.#state !== 'calling') return;
    this.#state = 'early';
    this.send({ kind: 'early' });
  }

  /** Whoever waits for our answer gets it; `leg.answered` follows. */
  answer(): void {
    if (this.isCaller && !this.isAnswered) this.send({ kind: 'answer' });
  }

  /** Gives the job that `job.done` names. */
  play(clips: AudioClip[], how: { bargeIn?: boolean; loop?: boolean } = {}): JobId {
    const job = this.newJob('play');
    this.send({ kind: 'play', job, clips, ...how });
    return job;
  }

  stopPlaying(): void {
    this.send({ kind: 'stop' });
  }

  press(digits: string): void {
    this.send({ kind: 'sendDtmf', job: this.newJob('keys'), digits });
  }

  /** Before its answer a caller is refused with `sipCode`; whoever is rung is told `reason`. */
  hangUp(why: { sipCode?: number; reason?: string } = {}): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.send({ kind: 'hangup', ...why });
  }

  /** Tells it that nobody listens for now, or that somebody does again. */
  hold(on: boolean): void {
    if (this.#isOnHold === on) return;
    this.#isOnHold = on;
    this.send({ kind: 'hold', on });
  }

  /** It hears nothing more of what it heard, and is heard again. */
  resume(): void {
    this.hold(false);
    this.stopPlaying();
  }

  newJob(kind: string): JobId {
    return `${kind}-${(this.#jobs += 1)}`;
  }
}
