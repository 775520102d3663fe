import type { FlowInput, FlowStep, RingTarget } from '#core/call-flow/index.js';
import type { Activity } from '#core/phone-calls/activity.js';
import type { Party } from '#core/phone-calls/party.js';
import { RingLeg, type NotTaken, type RingContext } from '#core/phone-calls/ring-leg.js';
import type { DialTarget, EngineEvent } from '#voice/engine.js';

export type RingStep = Pick<Extract<FlowStep, { kind: 'ring' }>, 'targets' | 'callerId'>;
export type RingEnd = { party: Party; target: RingTarget } | Extract<FlowInput, { kind: 'unanswered' }>;

/** Legs that one call rings at once; a flow asks for no more. */
const MOST_LEGS = 50;

/** Rings all targets at once, until the first of them takes the call or nobody is left. */
export class Ringing implements Activity {
  readonly #legs: RingLeg[];
  readonly #causes: { target: RingTarget; cause: NotTaken }[] = [];
  #isOver = false;

  constructor(
    private readonly context: RingContext,
    step: RingStep,
    private readonly done: (end: RingEnd) => void,
  ) {
    this.#legs = step.targets.slice(0, MOST_LEGS).map((target) => {
      const leg: RingLeg = new RingLeg(context, target, step.callerId, (what) =>
        'taken' in what ? this.#taken(leg, what.taken) : this.#notTaken(target, what.cause),
      );
      return leg;
    });
  }

  /** `isBusy`: of a phone that takes no second call. */
  start(isBusy: (phone: string) => boolean): void {
    const { core, accountId, mode } = this.context;
    if (this.#legs.length === 0) return this.#end({ kind: 'unanswered', causes: [] });
    core.background.run('ring', async () => {
      const names = this.#legs.flatMap(({ target }) => target.at.phone ?? []);
      let phones: Map<string, DialTarget>;
      try {
        phones = mode === 'test' ? simulatedPhones(names) : await phonesNamed(core, accountId, names);
      } catch (error) {
        for (const leg of this.#legs) this.#notTaken(leg.target, 'engine_failed');
        throw error;
      }
      for (const leg of this.#legs) {
        if (this.#isOver) return;
        const name = leg.target.at.phone;
        if (name !== undefined && isBusy(name)) this.#notTaken(leg.target, 'busy');
        else leg.start(phones.get(name ?? ''));
      }
    });
  }

  onEvent(event: EngineEvent, party: Party): void {
    for (const leg of this.#legs) leg.onEvent(event, party);
  }

  stop(): void {
    this.#isOver = true;
    for (const leg of this.#legs) leg.stop(false);
  }

  /** Somebody takes the call who was not rung: those who are hear that it was taken elsewhere. */
  stopElsewhere(): void {
    this.#isOver = true;
    for (const leg of this.#legs) leg.stop(true);
  }

  #taken(taker: RingLeg, party: Party): void {
    this.#isOver = true;
    for (const leg of this.#legs) if (leg !== taker) leg.stop(true);
    this.done({ party, target: taker.target });
  }

  #notTaken(target: RingTarget, cause: NotTaken): void {
    this.#causes.push({ target, cause });
    if (this.#causes.length === this.#legs.length) this.#end({ kind: 'unanswered', causes: this.#causes });
  }

  #end(end: RingEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.done(end);
  }
}

function simulatedPhones(names: readonly string[]): Map<string, DialTarget> {
  return new Map(names.map((name) => [name, { kind: 'trunk', trunk: 'simulated', number: name }]));
}

async function phonesNamed(
  core: RingContext['core'],
  accountId: string,
  names: readonly string[],
): Promise<Map<string, DialTarget>> {
  if (names.length === 0) return new Map();
  const rows = await core.db
    .selectFrom('phones')
    .select(['id', 'name'])
    .where('account_id', '=', accountId)
    .where('name', 'in', [...new Set(names)])
    .execute();
  return new Map(rows.map(({ id, name }) => [name, { kind: 'phone', phone: id, number: name }]));
}
