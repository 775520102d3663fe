import type {
  FlowConfiguration,
  FlowEvent,
  FlowMachine,
  FlowStep,
  NotTaken,
  Prompt,
  RingTarget,
} from '#core/call-flow/index.js';
import type { SimulateCall } from '#core/call-simulation/simulate-call.js';

export interface RehearsedStep {
  at: Date;
  kind: FlowStep['kind'];
  description: string;
  /** What the caller hears: words, or `sound 7`. */
  said: string[];
  rings: { name: string; at: string; seconds: number; announced: boolean }[];
}

export interface Rehearsed {
  steps: RehearsedStep[];
  /** As the history of the call would tell it. */
  history: FlowEvent[];
  outcome: 'answered' | 'voicemail' | 'hangup' | 'blocked' | 'unrouted' | 'unfinished';
  endsAt: Date;
  /** Sentences: what was taken for granted where nothing was said. */
  assumed: string[];
}

/** What a real call asks before it does something. */
export interface RehearsalRules {
  /** Whether the plan has voicemail. */
  takesMessages: boolean;
  /** Why no call may leave for a number outside; undefined: it may. */
  whyNotOutside(number: string): Promise<NotTaken | undefined>;
}

const MOST_STEPS = 500;
/** English by a usual voice. */
const CHARACTERS_A_SECOND = 15;
const USUAL_ANSWER_SECONDS = 5;
const MESSAGE_SECONDS = 20;
/** Of the sentence that no message can be taken. */
const UNAVAILABLE_SECONDS = 4;

/** A call that is led without a telephone: people answer and press keys as they are told to, or not at all. */
export class CallRehearsal {
  readonly #steps: RehearsedStep[] = [];
  readonly #assumed = new Set<string>();
  readonly #keys: string[];
  #at = 0;

  constructor(
    private readonly configuration: FlowConfiguration,
    private readonly soundSeconds: ReadonlyMap<number, number>,
    private readonly script: Pick<SimulateCall, 'answers' | 'keys'>,
    private readonly rules: RehearsalRules,
  ) {
    this.#keys = [...(script.keys ?? [])];
  }

  async run(machine: FlowMachine, startsAt: Date): Promise<Rehearsed> {
    this.#at = startsAt.getTime();
    let outcome: Rehearsed['outcome'] | undefined;
    let step = machine.begin(startsAt);
    while (outcome === undefined) {
      if (this.#steps.length >= MOST_STEPS) {
        this.#assumed.add(`Only the first ${MOST_STEPS} steps are shown.`);
        outcome = 'unfinished';
      } else if (step.kind === 'talk' || step.kind === 'hangup') {
        outcome = this.#end(step);
      } else {
        step = await this.#do(step, machine);
      }
    }
    if (this.#keys.length > 0) this.#assumed.add(`Nobody waited for the keys ${this.#keys.join(', ')}.`);
    const { events } = machine;
    return {
      steps: this.#steps,
      history: [...events],
      outcome,
      endsAt: new Date(this.#at),
      assumed: [...this.#assumed],
    };
  }

  async #do(step: Exclude<FlowStep, { kind: 'talk' | 'hangup' }>, machine: FlowMachine): Promise<FlowStep> {
    switch (step.kind) {
      case 'play':
        this.#show(step.kind, 'The caller hears it to the end', step.prompts);
        this.#pass(this.#spoken(step.prompts));
        return machine.next({ kind: 'played' }, this.#now);
      case 'gather': {
        const keys = this.#press(step);
        const description = keys === '' ? `No key within ${step.firstKeySeconds} s` : `The caller presses ${keys}`;
        this.#show(step.kind, description, step.prompts);
        this.#pass(this.#spoken(step.prompts) + (keys === '' ? step.firstKeySeconds : 1));
        return machine.next({ kind: 'keys', keys }, this.#now);
      }
      case 'hold':
        this.#show(step.kind, `The caller waits for ${step.seconds} s`, step.music === null ? [] : [step.music]);
        this.#pass(step.seconds);
        return machine.next({ kind: 'waited' }, this.#now);
      case 'ring':
        return this.#ring(step, machine);
      case 'voicemail': {
        const mailbox = this.configuration.objects.mailbox.get(step.mailboxId);
        if (!this.rules.takesMessages) {
          this.#show(step.kind, 'The caller hears that no message can be taken: the plan has no voicemail', []);
          this.#pass(UNAVAILABLE_SECONDS);
          return machine.next({ kind: 'recorded' }, this.#now);
        }
        const greeting = mailbox?.greeting ?? null;
        this.#show(
          step.kind,
          `The caller leaves a message: ${mailbox?.name ?? step.mailboxId}`,
          greeting === null ? [] : [greeting],
        );
        this.#assumed.add(`A message is ${MESSAGE_SECONDS} seconds long.`);
        this.#pass(MESSAGE_SECONDS + (greeting === null ? 0 : this.#spoken([greeting])));
        return machine.next({ kind: 'recorded' }, this.#now);
      }
    }
  }

  async #ring(step: FlowStep & { kind: 'ring' }, machine: FlowMachine): Promise<FlowStep> {
    const barred = new Map<RingTarget, NotTaken>();
    for (const target of step.targets) {
      const why = target.at.number === undefined ? undefined : await this.rules.whyNotOutside(target.at.number);
      if (why !== undefined) barred.set(target, why);
    }
    const rung = step.targets.filter((target) => !barred.has(target));
    const answers = rung.flatMap((target) => {
      const after = this.#answersAfter(target);
      return after === undefined || after > target.seconds ? [] : [{ target, after }];
    });
    const first = answers.sort((a, b) => a.after - b.after)[0];
    const longest = Math.max(0, ...rung.map(({ seconds }) => seconds));
    const what =
      first === undefined
        ? rung.length === 0
          ? 'Nobody can be rung'
          : `Nobody answers within ${longest} s`
        : `${first.target.name} answers after ${first.after} s`;
    this.#show(step.kind, what, step.music === null ? [] : [step.music], step.targets);
    this.#pass(first?.after ?? longest);
    if (first !== undefined) {
      if (first.target.announce) this.#assumed.add(`${first.target.name} hears who calls, and takes the call with 1.`);
      return machine.next({ kind: 'answered', target: first.target }, this.#now);
    }
    if (rung.length > 0)
      this.#assumed.add('Whoever is not named among the answers lets it ring, and is connected and not speaking.');
    const causes = step.targets.map((target) => ({ target, cause: barred.get(target) ?? ('no_answer' as const) }));
    return machine.next({ kind: 'unanswered', causes }, this.#now);
  }

  #answersAfter({ at, deviceId }: RingTarget): number | undefined {
    const extension = deviceId === undefined ? undefined : this.configuration.objects.extension.get(deviceId)?.number;
    const names = [at.phone, at.number, extension];
    const answer = this.script.answers?.find(({ who }) => names.includes(who));
    if (answer === undefined) return undefined;
    if (answer.afterSeconds === undefined)
      this.#assumed.add(`${answer.who} answers after ${USUAL_ANSWER_SECONDS} seconds.`);
    return answer.afterSeconds ?? USUAL_ANSWER_SECONDS;
  }

  /** As many of the next keys as are waited for. */
  #press(step: FlowStep & { kind: 'gather' }): string {
    const next = this.#keys.shift();
    if (next === undefined) this.#assumed.add('Where no keys are given, the caller presses none.');
    const given = next ?? '';
    let keys = '';
    for (const key of given) {
      keys += key;
      if (keys.length >= step.mostKeys || step.isComplete(keys)) break;
    }
    if (keys !== given) this.#assumed.add(`Of the keys ${given} only ${keys} were waited for.`);
    return keys;
  }

  #end(step: FlowStep & { kind: 'talk' | 'hangup' }): Rehearsed['outcome'] {
    if (step.kind === 'talk') {
      this.#show(step.kind, `The caller speaks with ${step.target.name}`, []);
      return 'answered';
    }
    this.#show(step.kind, REASONS[step.reason], []);
    return step.reason === 'voicemail_left' && this.rules.takesMessages
      ? 'voicemail'
      : step.reason === 'blocked'
        ? 'blocked'
        : 'hangup';
  }

  #show(
    kind: FlowStep['kind'],
    description: string,
    prompts: readonly Prompt[],
    targets: readonly RingTarget[] = [],
  ): void {
    const said = prompts.map(({ text, sound }) => text ?? `sound ${sound}`);
    const rings = targets.map(({ name, at, seconds, announce }) => ({
      name,
      at: at.phone ?? at.number,
      seconds,
      announced: announce,
    }));
    this.#steps.push({ at: this.#now, kind, description, said, rings });
  }

  #spoken(prompts: readonly Prompt[]): number {
    let seconds = 0;
    for (const { text, sound } of prompts) {
      if (text !== undefined)
        this.#assumed.add(
          `${CHARACTERS_A_SECOND} characters are spoken in a second, and nobody presses a key before the end.`,
        );
      seconds += text === undefined ? (this.soundSeconds.get(sound) ?? 0) : text.length / CHARACTERS_A_SECOND;
    }
    return seconds;
  }

  #pass(seconds: number): void {
    this.#at += Math.round(seconds) * 1000;
  }

  get #now(): Date {
    return new Date(this.#at);
  }
}

const REASONS: Record<(FlowStep & { kind: 'hangup' })['reason'], string> = {
  hangup: 'The call is hung up',
  unanswered: 'Nobody answered, and there is nowhere to go on: the call is hung up',
  timeout: 'The caller did nothing for too long: the call is hung up',
  invalid_key: 'No valid key was pressed: the call is hung up',
  incomplete: 'It leads to something that is not set: the call is hung up',
  too_many_steps: 'The call was passed on too often: it is hung up',
  voicemail_left: 'The message is kept, and the call is hung up',
  blocked: 'The caller is refused',
  not_in_plan: 'The plan of the account has no calls',
};
