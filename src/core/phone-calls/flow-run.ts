import type { Destination } from '#core/call-flow/index.js';
import { endCall, guarded, warningTone, type AfterSlip, type CallRow, type ConductedCall } from '#core/calls/index.js';
import type { Activity } from '#core/phone-calls/activity.js';
import { outcomeOf, outcomeOfCause, REFUSALS, resultOf, type EndedBy } from '#core/phone-calls/call-end.js';
import { CallRecording } from '#core/phone-calls/call-recording.js';
import { CallStory } from '#core/phone-calls/call-story.js';
import { CallerSide } from '#core/phone-calls/caller-side.js';
import { Following } from '#core/phone-calls/following.js';
import type { FlowLeader, FlowParts, LeadWatch } from '#core/phone-calls/flow-parts.js';
import { Holds } from '#core/phone-calls/holds.js';
import { LongestCall } from '#core/phone-calls/longest-call.js';
import type { Party } from '#core/phone-calls/party.js';
import { phoneWords } from '#core/phone-calls/phone-words.js';
import type { CallerShown } from '#core/phone-calls/shown-caller.js';
import { recordingOf, speakersOf } from '#core/phone-calls/joined.js';
import { Talk } from '#core/phone-calls/talk.js';
import { TalkKeys } from '#core/phone-calls/talk-keys.js';
import type { AudioClip, EngineEvent, LegEnded, LegId } from '#voice/engine.js';

/**
 * One call between people, from when it rings here to its terminal state: one caller, the legs that are rung for them, and
 * whoever they speak with. What is done next, `Following` knows.
 */
export class FlowRun implements ConductedCall {
  readonly row: CallRow;
  readonly story: CallStory;
  #caller: Party;
  #callerSide: CallerSide;
  #shown: CallerShown;
  readonly recording: CallRecording;
  readonly #parties = new Map<LegId, Party>();
  readonly #longest: LongestCall;
  readonly #following: Following;
  readonly #holds: Holds;
  readonly #keys: TalkKeys;
  #activity: Activity | undefined;
  #why: EndedBy | undefined;
  #spoke = false;
  /** How the leg of whose call it is ended. */
  #left: LegEnded | undefined;
  #isWritten = false;
  #isTold = false;
  #onFinished: () => void = () => undefined;

  constructor(readonly parts: FlowParts) {
    const { core, row, caller, configuration } = parts;
    const { longestCallSeconds } = configuration.settings;
    this.row = row;
    this.#caller = caller;
    this.#shown = parts.shown;
    this.story = new CallStory(core, row);
    this.#callerSide = new CallerSide(parts);
    this.#following = new Following(this, parts.leader, (error) => this.#onError(error));
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
    this.#following.begin();
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

  fail(): AfterSlip {
    // Nobody picks up or parks what is going wrong.
    this.parts.live.remove(this);
    if (this.#left !== undefined) {
      // The caller has gone; what slipped may have kept the others from being told.
      guarded(this.parts.core, () => this.take(undefined));
      for (const party of this.parties) party.send({ kind: 'hangup' });
      this.parts.outbound?.ended();
      this.#writeEnd(this.#left);
      return 'ends';
    }
    // Told to go, perhaps without having heard it.
    const leaving = this.parties.filter(({ isLeaving }) => isLeaving);
    this.end('engine_failed');
    for (const party of leaving) party.send({ kind: 'hangup' });
    return 'ends';
  }

  /** Whoever waits for the end of one of its legs is told of it now. */
  gone(): void {
    const { core, live, outbound, row } = this.parts;
    live.remove(this);
    this.#longest.close();
    this.callerSide.close();
    outbound?.ended();
    const over = { kind: 'leg.ended', cause: 'engine_failed', by: 'us', seq: 0, at: core.clock.now() } as const;
    const tells = this.parties.map((party) => () => party.hear({ ...over, leg: party.leg }));
    for (const tell of [() => this.take(undefined), ...tells, () => this.#following.left()]) {
      try {
        tell();
      } catch (error) {
        core.log.error({ call: row.id, error: String(error) }, 'the end of a call that went wrong could not be told');
      }
    }
  }

  /** Hangs up on everybody; the first reason counts. */
  end(why: EndedBy): void {
    this.#why ??= why;
    this.take(undefined);
    const refusal = this.caller.isAnswered ? {} : { sipCode: REFUSALS[this.#why] ?? this.#following.refusal };
    for (const party of this.#parties.values()) party.hangUp(party === this.caller ? refusal : {});
  }

  /** The call goes on there: after a transfer, or when nobody took it from where it was parked. */
  lead(destination: Destination, watch?: LeadWatch): void {
    this.take(undefined);
    this.#following.lead(destination, watch);
  }

  /** The same, led by another flow. */
  follow(leader: FlowLeader, watch?: LeadWatch): void {
    this.take(undefined);
    this.#following.follow(leader, watch);
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
    return this.#following.leader;
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

  /** The same, where what it was busy with has come to its end by itself. */
  goOnWith(activity: Activity | undefined): void {
    this.#activity = activity;
  }

  /** The caller and somebody who took the call hear each other. `left`: what follows when one goes, by itself the end. */
  talkWith(other: Party, left = (who: Party, event: LegEnded): void => this.#onLeft(who, event)): void {
    this.take(undefined);
    // Also where somebody else took the call than was rung for it.
    this.#following.reached();
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

  #onError(error: unknown): void {
    const { core, row } = this.parts;
    const said = error instanceof Error ? error.stack : String(error);
    core.log.error({ call: row.id, error: said }, 'something went wrong in a call between people: it is ended');
    this.fail();
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
    this.#left = event;
    this.#longest.close();
    this.callerSide.close();
    this.take(undefined);
    this.#following.left();
    for (const party of this.#parties.values()) party.hangUp();
    const { live, outbound } = this.parts;
    outbound?.ended();
    live.remove(this);
    this.#writeEnd(event);
  }

  #writeEnd(event: LegEnded): void {
    if (this.#isWritten) return;
    this.#isWritten = true;
    const { core, outbound, row } = this.parts;
    const isRefused =
      outbound !== undefined && !this.caller.wasAnswered && this.#why !== 'canceled' && event.by === 'us';
    const [first] = isRefused ? this.#following.causes : [];
    const outcome =
      first === undefined ? outcomeOf(event, this.caller, this.#why, outbound) : outcomeOfCause(first.cause);
    const callerLeft = event.by === 'them';
    const result = resultOf({ spoke: this.#spoke, rangOrRecorded: this.#following.rangOrRecorded, callerLeft });
    const at = this.#now();
    const { cause, sipCode, sipReason, rtp } = isRefused ? outbound.toldBy(event) : event;
    this.#following.tell();
    // Whoever we called may be the one whose call it is: see `stay`.
    if (callerLeft) this.story.tell('hangup', `${this.caller.isCaller ? 'The caller' : this.caller.name} hung up`);
    core.background.run('end a call', async () => {
      await this.recording.kept();
      this.story.end(async (tx) => {
        const end = { ...outcome, at, cause, sipCode, sipReason, rtp, result };
        await endCall(tx, row.id, end, new Date(core.clock.now()));
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
    for (const party of speakersOf(this.#activity)) party.play([warningTone()]);
  }

  #now(): Date {
    return new Date(this.parts.core.clock.now());
  }
}
