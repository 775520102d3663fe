import {
  flowPhone,
  type Destination,
  type FlowInput,
  type FlowStep,
  type NotTaken,
  type RingTarget,
} from '#core/call-flow/index.js';
import { endCall, warningTone, type CallRow, type ConductedCall, type LegTask } from '#core/calls/index.js';
import type { Activity } from '#core/phone-calls/activity.js';
import { endOfFlow, outcomeOf, outcomeOfCause, REFUSALS, resultOf, type EndedBy } from '#core/phone-calls/call-end.js';
import { CallRecording } from '#core/phone-calls/call-recording.js';
import { CallStory } from '#core/phone-calls/call-story.js';
import { CallerSide } from '#core/phone-calls/caller-side.js';
import type { FlowLeader, FlowParts, LeaderStep, LeadWatch } from '#core/phone-calls/flow-parts.js';
import { Gather } from '#core/phone-calls/gather.js';
import { guardedCore } from '#core/phone-calls/guarded-core.js';
import { Holds } from '#core/phone-calls/holds.js';
import { Holding } from '#core/phone-calls/holding.js';
import { LongestCall } from '#core/phone-calls/longest-call.js';
import type { LegEnded, Party } from '#core/phone-calls/party.js';
import { Playing } from '#core/phone-calls/playing.js';
import { phoneWords } from '#core/phone-calls/phone-words.js';
import { refusalFor } from '#core/phone-calls/refusal-code.js';
import { Ringing, type RingEnd } from '#core/phone-calls/ringing.js';
import type { CallerShown } from '#core/phone-calls/shown-caller.js';
import { recordingOf } from '#core/phone-calls/joined.js';
import { Talk } from '#core/phone-calls/talk.js';
import { TalkKeys } from '#core/phone-calls/talk-keys.js';
import { TaskActivity } from '#core/phone-calls/task-activity.js';
import { takeMessage } from '#core/voicemail/index.js';
import type { AudioClip, EngineEvent, LegId } from '#voice/engine.js';

type RingStep = Extract<FlowStep, { kind: 'ring' }>;

/**
 * One call between people, from when it rings here to its terminal state: does what the flow says, and tells it what came of
 * it. It is one caller, the legs that are rung for them, and whoever they speak with.
 */
export class FlowRun implements ConductedCall {
  readonly row: CallRow;
  readonly story: CallStory;
  #caller: Party;
  #callerSide: CallerSide;
  #shown: CallerShown;
  #leader: FlowLeader;
  #watch: LeadWatch | undefined;
  readonly recording: CallRecording;
  readonly #parties = new Map<LegId, Party>();
  readonly #longest: LongestCall;
  readonly #holds: Holds;
  readonly #keys: TalkKeys;
  #activity: Activity | undefined;
  #ring: RingStep | undefined;
  #takenBy: Party | undefined;
  #causes: readonly { target: RingTarget; cause: NotTaken }[] = [];
  #why: EndedBy | undefined;
  #spoke = false;
  #rangOrRecorded = false;
  #isTold = false;
  #onFinished: () => void = () => undefined;

  readonly parts: FlowParts;

  constructor(given: FlowParts) {
    const core = guardedCore(given.core, (error) => this.#onError(error));
    const parts = { ...given, core };
    this.parts = parts;
    const { row, caller, configuration } = parts;
    const { longestCallSeconds } = configuration.settings;
    this.row = row;
    this.#caller = caller;
    this.#shown = parts.shown;
    this.#leader = parts.leader;
    this.story = new CallStory(core, row);
    this.#callerSide = new CallerSide(parts);
    const say = (text: string): Promise<AudioClip[]> => this.callerSide.clips([{ text }]);
    this.recording = new CallRecording(parts, say, (what) => this.story.tell('recording', what));
    this.#keys = new TalkKeys(core.clock, () => {
      const recording = recordingOf(this);
      return recording === undefined ? undefined : (by) => this.#pauseOrGoOn(recording, by);
    });
    this.#holds = new Holds(core, {
      music: configuration.settings.holdMusic,
      clips: (prompts) => this.callerSide.clips(prompts),
      activity: () => this.#activity,
    });
    this.#longest = new LongestCall(core.clock, longestCallSeconds, {
      warn: () => this.#warn(),
      end: () => this.end('max_duration'),
    });
  }

  start(onFinished: () => void): void {
    this.#onFinished = onFinished;
    this.adopt(this.caller);
    this.parts.live.add(this);
    // Numbers outside ring for less.
    if (this.parts.outbound === undefined) this.callerSide.begin();
    this.#follow(this.#leader.begin(this.#now()));
  }

  onEvent(event: EngineEvent): void {
    const party = 'leg' in event ? this.#parties.get(event.leg) : undefined;
    if (party === undefined) return;
    party.hear(event);
    if (party === this.caller && event.kind === 'leg.answered') this.#onCallerAnswered();
    if (event.kind === 'leg.ended') this.#release(party);
    if (event.kind === 'leg.ended' && party === this.caller) this.#onCallerLeft(event);
    else this.#activity?.onEvent(event, party);
    this.#finishWhenGone();
  }

  cancel(why: 'canceled' | 'server_stopped' = 'canceled'): void {
    this.end(why);
  }

  fail(): void {
    // Told to go, perhaps without having heard it.
    const leaving = this.parties.filter(({ isLeaving }) => isLeaving);
    this.end('engine_failed');
    for (const party of leaving) party.send({ kind: 'hangup' });
  }

  /** Hangs up on everybody; the first reason counts. */
  end(why: EndedBy): void {
    this.#why ??= why;
    this.take(undefined);
    const refusal = this.caller.isAnswered ? {} : { sipCode: REFUSALS[this.#why] ?? this.#refusal };
    for (const party of this.#parties.values()) party.hangUp(party === this.caller ? refusal : {});
  }

  /** The call goes on there: after a transfer, or when nobody took it from where it was parked. */
  lead(destination: Destination, watch?: LeadWatch): void {
    this.#begin(watch);
    this.#follow(this.#leader.jump(destination, this.#now()));
  }

  /** The same, led by another flow. */
  follow(leader: FlowLeader, watch?: LeadWatch): void {
    this.#begin(watch);
    this.#leader = leader;
    this.story.anew();
    this.#follow(leader.begin(this.#now()));
  }

  /** The call is this party's from now on: whoever was its caller leaves without ending it. */
  stay(party: Party): void {
    if (party === this.#caller) return;
    this.callerSide.close();
    this.#caller = party;
    this.#callerSide = new CallerSide({ ...this.parts, caller: party });
    const { called, isHidden } = this.#shown;
    const name = party.name === party.number ? undefined : party.name;
    this.#shown = { number: party.number, name, called, isHidden };
  }

  get onTransfer(): ConductedCall['onTransfer'] {
    const { onTransfer } = this.parts;
    return onTransfer === undefined ? undefined : (event) => onTransfer(this, event);
  }

  /** Everybody is being hung up on. */
  get isEnding(): boolean {
    return this.#why !== undefined;
  }

  /** Whose call it is. */
  get caller(): Party {
    return this.#caller;
  }

  get callerSide(): CallerSide {
    return this.#callerSide;
  }

  get leader(): FlowLeader {
    return this.#leader;
  }

  get shown(): CallerShown {
    return this.#shown;
  }

  /** Whoever is put on hold hears the music of the account, else what the other end plays. */
  putOnHold(party: Party, on: boolean): void {
    this.#holds.put(party, on);
  }

  /** What the call is busy with from now on, in the place of what it was; undefined: nothing, until somebody says so. */
  take(activity: Activity | undefined): void {
    this.callerSide.reset();
    this.#activity?.stop();
    this.#activity = activity;
  }

  /** The caller and somebody who took the call hear each other. `left`: what follows when one goes, by itself the end. */
  talkWith(other: Party, left = (who: Party, event: LegEnded): void => this.#onLeft(who, event)): void {
    this.take(undefined);
    // Also where somebody else took the call than was rung for it.
    const watch = this.#watch;
    this.#watch = undefined;
    watch?.reached();
    this.#spoke = true;
    this.caller.stopPlaying();
    this.#activity = new Talk(this.caller, other, left, {
      hold: (party, on) => this.putOnHold(party, on),
      key: (by, to, key) => this.#keys.press(by, to, key),
    });
    this.callerSide.answer(() => this.record(other));
  }

  /** The caller speaks with this party: recorded, if the call is. */
  record(other: Party): void {
    const activity = this.#activity;
    this.recording.between(this.caller, other, () => this.#activity === activity);
  }

  get keys(): TalkKeys {
    return this.#keys;
  }

  /** From now on the call hears of this leg. */
  adopt(party: Party): void {
    this.#parties.set(party.leg, party);
    this.parts.legs.add(party.leg, this.row.id);
  }

  /** Its leg has ended, or is another call's from now on. */
  #release(party: Party): void {
    this.#parties.delete(party.leg);
    if (party.isEnded) this.parts.legs.remove(party.leg);
  }

  get parties(): Party[] {
    return [...this.#parties.values()];
  }

  partyOf(leg: LegId): Party | undefined {
    return this.#parties.get(leg);
  }

  get activity(): Activity | undefined {
    return this.#activity;
  }

  #follow(step: LeaderStep): void {
    const { core } = this.parts;
    this.story.follow(this.#leader.events);
    if (this.#isDecided(step)) return;
    switch (step.kind) {
      case 'play':
        return this.callerSide.say(step.prompts, (clips) => {
          const done = (): void => this.#next({ kind: 'played' });
          if (clips.length === 0) done();
          else this.#activity = new Playing(this.caller, clips, done);
        });
      case 'gather':
        return this.callerSide.say(step.prompts, (clips) => {
          const done = (keys: string): void => this.#next({ kind: 'keys', keys });
          this.#activity = new Gather(core.clock, this.caller, clips, step, done);
        });
      case 'ring':
        return this.#rings(step);
      case 'hold':
        this.callerSide.wait(step.music);
        this.#activity = new Holding(core.clock, step.seconds, () => this.#next({ kind: 'waited' }));
        return;
      case 'voicemail':
        this.#rangOrRecorded = true;
        return this.callerSide.say([], () => {
          const task = this.#messageFor(step.mailboxId);
          this.#activity = new TaskActivity(task, this.caller, () => this.#next({ kind: 'recorded' }));
        });
      case 'task':
        return this.callerSide.say([], () => {
          const task = step.task(this.caller.leg);
          this.#activity = new TaskActivity(task, this.caller, () => this.#next({ kind: 'recorded' }));
        });
      case 'talk':
        return this.#takenBy === undefined ? undefined : this.talkWith(this.#takenBy);
      case 'hangup':
        return this.end(endOfFlow(step.reason, this.#causes));
    }
  }

  #messageFor(mailboxId: number): LegTask {
    const shown = this.#shown;
    return takeMessage(this.parts.core, {
      ...{ owner: { accountId: this.row.account_id, mode: this.row.mode }, mailboxId, callId: this.row.id },
      ...{ leg: this.caller.leg, caller: shown.number, callerName: shown.name },
      called: shown.called ?? this.row.to_number,
    });
  }

  #next(input: FlowInput): void {
    this.#activity = undefined;
    try {
      this.#follow(this.#leader.next(input, this.#now()));
    } catch (error) {
      this.#onError(error);
    }
  }

  #onError(error: unknown): void {
    const { core, row } = this.parts;
    const said = error instanceof Error ? error.stack : String(error);
    core.log.error({ call: row.id, error: said }, 'something went wrong in a call between people: it is ended');
    this.fail();
  }

  #rings(step: RingStep): void {
    const { core, configuration, live, maxForwards, outbound } = this.parts;
    const shown = this.#shown;
    const passesOn = outbound !== undefined && !this.caller.wasAnswered;
    this.#rangOrRecorded = true;
    this.#ring = step;
    if (!passesOn) this.callerSide.wait(step.music);
    this.story.rung(step.targets, this.#rotatingGroup);
    const owner = { accountId: this.row.account_id, mode: this.row.mode };
    const context = {
      ...{ core, ...owner, callId: this.row.id, caller: shown, beside: this.caller.leg, maxForwards },
      configuration,
      passedOn: (description: string) => this.story.tell('call_forward', description),
      adopt: (party: Party) => this.adopt(party),
      wayOut: (number: string) => outbound?.wayFor(number),
      onProgress: passesOn ? (party: Party, what: 'ringing' | 'early') => this.#passOn(party, what) : undefined,
      say: (text: string) => this.callerSide.clips([{ text }]),
      words: phoneWords(configuration.settings.language),
    };
    const ringing = new Ringing(context, step, (end) => this.#rung(end));
    this.#activity = ringing;
    ringing.start((phone) => flowPhone(configuration, phone)?.callWaiting === false && live.isTalking(owner, phone));
  }

  /** What a caller outside's network says of those who are rung is ours to say; of numbers that phones call, it is theirs. */
  #passOn(party: Party, what: 'ringing' | 'early'): void {
    if (what === 'ringing') return this.caller.ring();
    this.caller.early();
    this.caller.send({ kind: 'bridge', with: party.leg });
  }

  #begin(watch: LeadWatch | undefined): void {
    this.take(undefined);
    this.#causes = [];
    this.#watch = watch;
  }

  /** Tells who watches what came of it. True: they have taken the call back. */
  #isDecided({ kind }: LeaderStep): boolean {
    const watch = this.#watch;
    if (watch === undefined || kind === 'ring' || kind === 'hold') return false;
    this.#watch = undefined;
    if (kind === 'hangup') watch.failed(this.#causes[0]?.cause ?? 'no_answer');
    else watch.reached();
    return kind === 'hangup';
  }

  /** With which SIP status a caller is refused: a phone of ours is told why. */
  get #refusal(): number {
    const [one] = this.#causes;
    return one === undefined || this.caller.phone === undefined ? 480 : refusalFor(one.cause);
  }

  #rung(end: RingEnd): void {
    if ('kind' in end) {
      this.#causes = end.causes;
      return this.#next(end);
    }
    this.#takenBy = end.party;
    this.story.taken(end.party.phone ?? end.party.number, end.target, this.#rotatingGroup);
    this.#next({ kind: 'answered', target: end.target });
  }

  /** The group that is rung, if it remembers whose turn it is. */
  get #rotatingGroup(): number | undefined {
    const { groupId } = this.#ring ?? {};
    const strategy =
      groupId === undefined ? undefined : this.parts.configuration.objects.ring_group.get(groupId)?.strategy;
    return strategy === 'round_robin' || strategy === 'least_recent' ? groupId : undefined;
  }

  #pauseOrGoOn(recording: CallRecording, by: Party): void {
    const { language } = this.parts.configuration.settings;
    const words = phoneWords(language);
    const text = recording.pauseOrGoOn(by) ? words.recordingPaused : words.recordingGoesOn;
    this.parts.core.background.run('say what the recording does', async () => {
      const clips = await this.callerSide.clips([{ text }]);
      if (clips.length > 0) by.play(clips);
    });
  }

  #onCallerAnswered(): void {
    this.story.answered();
    this.parts.outbound?.answered(
      () => this.end('insufficient_funds'),
      () => this.#warn(),
    );
    this.#longest.start();
    this.callerSide.onAnswered();
  }

  #onLeft(who: Party, { cause }: LegEnded): void {
    if (who === this.caller) return;
    this.story.tell('hangup', `${who.name} hung up`);
    this.end(cause === 'media_timeout' ? cause : 'callee_hung_up');
  }

  #onCallerLeft(event: LegEnded): void {
    this.#longest.close();
    this.callerSide.close();
    this.take(undefined);
    for (const party of this.#parties.values()) party.hangUp();
    const { core, live, outbound, row } = this.parts;
    outbound?.ended();
    live.remove(this);
    const isRefused =
      outbound !== undefined && !this.caller.wasAnswered && this.#why !== 'canceled' && event.by === 'us';
    const [first] = isRefused ? this.#causes : [];
    const outcome =
      first === undefined ? outcomeOf(event, this.caller, this.#why, outbound) : outcomeOfCause(first.cause);
    const callerLeft = event.by === 'them';
    const result = resultOf({ spoke: this.#spoke, rangOrRecorded: this.#rangOrRecorded, callerLeft });
    const at = this.#now();
    const { cause, sipCode, sipReason, rtp } = isRefused ? outbound.toldBy(event) : event;
    this.story.follow(this.#leader.events);
    // Whoever we called may be the one whose call it is: see `stay`.
    if (callerLeft) this.story.tell('hangup', `${this.caller.isCaller ? 'The caller' : this.caller.name} hung up`);
    core.background.run('end a call', async () => {
      await this.recording.kept();
      this.story.end(async (tx) => {
        await endCall(tx, row.id, { ...outcome, at, cause, sipCode, sipReason, rtp, result });
      });
      this.#isTold = true;
      this.#finishWhenGone();
    });
  }

  #finishWhenGone(): void {
    if (!this.#isTold || this.#parties.size > 0) return;
    const onFinished = this.#onFinished;
    this.#onFinished = () => undefined;
    this.story.finish(onFinished);
  }

  #warn(): void {
    if (!(this.#activity instanceof Talk)) return;
    for (const party of [this.#activity.one, this.#activity.two]) party.play([warningTone()]);
  }

  #now(): Date {
    return new Date(this.parts.core.clock.now());
  }
}
