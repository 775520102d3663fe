import {
  flowPhone,
  type Destination,
  type FlowInput,
  type FlowStep,
  type NotTaken,
  type RingTarget,
} from '#core/call-flow/index.js';
import type { LegTask } from '#core/calls/index.js';
import { endOfFlow } from '#core/phone-calls/call-end.js';
import type { FlowLeader, LeaderStep, LeadWatch } from '#core/phone-calls/flow-parts.js';
import type { FlowRun } from '#core/phone-calls/flow-run.js';
import { Gather } from '#core/phone-calls/gather.js';
import { Holding } from '#core/phone-calls/holding.js';
import type { Party } from '#core/phone-calls/party.js';
import { phoneWords } from '#core/phone-calls/phone-words.js';
import { Playing } from '#core/phone-calls/playing.js';
import { refusalFor } from '#core/phone-calls/refusal-code.js';
import { Ringing, type RingEnd } from '#core/phone-calls/ringing.js';
import { TaskActivity } from '#core/phone-calls/task-activity.js';
import { takeMessage } from '#core/voicemail/index.js';

type RingStep = Extract<FlowStep, { kind: 'ring' }>;

/** Does with a call what its flow says, step by step, and tells the flow what came of each. */
export class Following {
  #leader: FlowLeader;
  #watch: LeadWatch | undefined;
  #ring: RingStep | undefined;
  #takenBy: Party | undefined;
  #causes: readonly { target: RingTarget; cause: NotTaken }[] = [];
  #rangOrRecorded = false;

  constructor(
    private readonly run: FlowRun,
    leader: FlowLeader,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#leader = leader;
  }

  begin(): void {
    this.#follow(this.#leader.begin(this.#now()));
  }

  /** Goes on there. */
  lead(destination: Destination, watch: LeadWatch | undefined): void {
    this.#anew(watch);
    this.#follow(this.#leader.jump(destination, this.#now()));
  }

  /** Goes on by another flow. */
  follow(leader: FlowLeader, watch: LeadWatch | undefined): void {
    this.#anew(watch);
    this.#leader = leader;
    this.run.story.anew();
    this.begin();
  }

  /** Somebody took the call, whoever was rung for it. */
  reached(): void {
    const watch = this.#watch;
    this.#watch = undefined;
    watch?.reached();
  }

  /** Whose call it is has gone, while somebody else was looked for. */
  left(): void {
    const watch = this.#watch;
    this.#watch = undefined;
    watch?.failed('canceled');
  }

  /** The history has all that the flow has done so far. */
  tell(): void {
    this.run.story.follow(this.#leader.events);
  }

  get leader(): FlowLeader {
    return this.#leader;
  }

  /** Why nobody took it of those who were rung last. */
  get causes(): readonly { target: RingTarget; cause: NotTaken }[] {
    return this.#causes;
  }

  get rangOrRecorded(): boolean {
    return this.#rangOrRecorded;
  }

  /** With which SIP status a caller is refused: a phone of ours is told why. */
  get refusal(): number {
    const [one] = this.#causes;
    return one === undefined || this.run.caller.phone === undefined ? 480 : refusalFor(one.cause);
  }

  #anew(watch: LeadWatch | undefined): void {
    this.#causes = [];
    this.#watch = watch;
  }

  #follow(step: LeaderStep): void {
    const { run } = this;
    const { core } = run.parts;
    this.tell();
    if (this.#isDecided(step)) return;
    switch (step.kind) {
      case 'play':
        return run.callerSide.say(step.prompts, (clips) => {
          const done = (): void => this.#next({ kind: 'played' });
          if (clips.length === 0) done();
          else run.goOnWith(new Playing(run.caller, clips, done));
        });
      case 'gather':
        return run.callerSide.say(step.prompts, (clips) => {
          const done = (keys: string): void => this.#next({ kind: 'keys', keys });
          run.goOnWith(new Gather(core.clock, run.caller, clips, step, done));
        });
      case 'ring':
        return this.#rings(step);
      case 'hold':
        run.callerSide.wait(step.music);
        return run.goOnWith(new Holding(core.clock, step.seconds, () => this.#next({ kind: 'waited' })));
      case 'voicemail':
        this.#rangOrRecorded = true;
        return run.callerSide.say([], () => this.#hand(this.#messageFor(step.mailboxId)));
      case 'task':
        return run.callerSide.say([], () => this.#hand(step.task(run.caller.leg)));
      case 'act':
        return run.callerSide.after(step.act, (next) => this.#follow(next));
      case 'talk':
        return this.#takenBy === undefined ? undefined : run.talkWith(this.#takenBy);
      case 'hangup':
        return run.end(endOfFlow(step.reason, this.#causes));
    }
  }

  #next(input: FlowInput): void {
    this.run.goOnWith(undefined);
    try {
      this.#follow(this.#leader.next(input, this.#now()));
    } catch (error) {
      this.onError(error);
    }
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

  #hand(task: LegTask): void {
    this.run.goOnWith(new TaskActivity(task, this.run.caller, () => this.#next({ kind: 'recorded' })));
  }

  #messageFor(mailboxId: number): LegTask {
    const { row, caller, shown, parts } = this.run;
    return takeMessage(parts.core, {
      ...{ owner: { accountId: row.account_id, mode: row.mode }, mailboxId, callId: row.id },
      ...{ leg: caller.leg, caller: shown.number, callerName: shown.name },
      called: shown.called ?? row.to_number,
    });
  }

  #rings(step: RingStep): void {
    const { run } = this;
    const { core, configuration, live, maxForwards, outbound } = run.parts;
    const passesOn = outbound !== undefined && !run.caller.wasAnswered;
    this.#rangOrRecorded = true;
    this.#ring = step;
    if (!passesOn) run.callerSide.wait(step.music);
    run.story.rung(step.targets, this.#rotatingGroup);
    const owner = { accountId: run.row.account_id, mode: run.row.mode };
    const context = {
      ...{ core, ...owner, callId: run.row.id, caller: run.shown, beside: run.caller.leg, maxForwards },
      ...{ configuration, lines: live.lines },
      passedOn: (description: string) => run.story.tell('call_forward', description),
      adopt: (party: Party) => run.adopt(party),
      wayOut: (number: string) => outbound?.wayFor(number),
      onProgress: passesOn ? (party: Party, what: 'ringing' | 'early') => this.#passOn(party, what) : undefined,
      say: (text: string) => run.callerSide.clips([{ text }]),
      words: phoneWords(configuration.settings.language),
    };
    const ringing = new Ringing(context, step, (end) => this.#rung(end));
    run.goOnWith(ringing);
    ringing.start((phone) => flowPhone(configuration, phone)?.callWaiting === false && live.isTalking(owner, phone));
  }

  /** What a caller outside's network says of those who are rung is ours to say; of numbers that phones call, it is theirs. */
  #passOn(party: Party, what: 'ringing' | 'early'): void {
    const { caller } = this.run;
    if (what === 'ringing') return caller.ring();
    caller.early();
    caller.send({ kind: 'bridge', with: party.leg });
  }

  #rung(end: RingEnd): void {
    if ('kind' in end) {
      this.#causes = end.causes;
      return this.#next(end);
    }
    this.#takenBy = end.party;
    this.run.story.taken(end.party.phone ?? end.party.number, end.target, this.#rotatingGroup);
    this.#next({ kind: 'answered', target: end.target });
  }

  /** The group that is rung, if it remembers whose turn it is. */
  get #rotatingGroup(): number | undefined {
    const { groupId } = this.#ring ?? {};
    if (groupId === undefined) return undefined;
    const strategy = this.run.parts.configuration.objects.ring_group.get(groupId)?.strategy;
    return strategy === 'round_robin' || strategy === 'least_recent' ? groupId : undefined;
  }

  #now(): Date {
    return new Date(this.run.parts.core.clock.now());
  }
}
