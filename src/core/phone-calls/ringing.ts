import type { FlowInput, FlowStep, NotTaken, RingTarget } from '#core/call-flow/index.js';
import { guarded } from '#core/calls/index.js';
import type { Activity } from '#core/phone-calls/activity.js';
import type { Party } from '#core/phone-calls/party.js';
import { redirectTarget } from '#core/phone-calls/redirect-target.js';
import { RingLeg, type RingContext } from '#core/phone-calls/ring-leg.js';
import type { DialTarget, EngineEvent, Redirect } from '#voice/engine.js';

export type RingStep = Pick<Extract<FlowStep, { kind: 'ring' }>, 'targets' | 'callerId'>;
export type RingEnd = { party: Party; target: RingTarget } | Extract<FlowInput, { kind: 'unanswered' }>;

/** Rings all targets at once, until the first of them takes the call or nobody is left. */
export class Ringing implements Activity {
  readonly #legs: RingLeg[];
  readonly #causes: { target: RingTarget; cause: NotTaken }[] = [];
  #isOver = false;
  #isBusy: (phone: string) => boolean = () => false;

  constructor(
    private readonly context: RingContext,
    step: RingStep,
    private readonly done: (end: RingEnd) => void,
  ) {
    this.#legs = step.targets.map((target) => this.#legFor(target, step.callerId, true));
  }

  /** `mayRedirect`: a phone that was rung as another told us sends the call no further. */
  #legFor(target: RingTarget, callerId: string | null, mayRedirect: boolean): RingLeg {
    const leg: RingLeg = new RingLeg(this.context, target, callerId, (what) => {
      if ('taken' in what) return this.#taken(leg, what.taken);
      const next = mayRedirect ? this.#redirect(target, what.redirects ?? []) : undefined;
      if (next === undefined) return this.#notTaken(target, what.cause);
      this.context.passedOn(`${target.name} sends the call on to ${next.name}`);
      const instead = this.#legFor(next, callerId, false);
      this.#legs[this.#legs.indexOf(leg)] = instead;
      this.#ring([instead]);
    });
    return leg;
  }

  #redirect(target: RingTarget, redirects: readonly Redirect[]): RingTarget | undefined {
    if (this.#isOver || target.at.phone === undefined) return undefined;
    return redirectTarget(this.context.configuration, target, redirects, this.#legs.length > 1);
  }

  /** `isBusy`: of a phone that takes no second call. */
  start(isBusy: (phone: string) => boolean): void {
    if (this.#legs.length === 0) return this.#end({ kind: 'unanswered', causes: [] });
    this.#isBusy = isBusy;
    this.#ring(this.#legs);
  }

  #ring(legs: readonly RingLeg[]): void {
    const { core, accountId, mode } = this.context;
    core.background.run('ring', async () => {
      const names = legs.flatMap(({ target }) => target.at.phone ?? []);
      let phones: Map<string, DialTarget>;
      try {
        phones = mode === 'test' ? simulatedPhones(names) : await phonesNamed(core, accountId, names);
      } catch (error) {
        for (const leg of legs) this.#notTaken(leg.target, 'engine_failed');
        throw error;
      }
      for (const leg of legs) {
        if (this.#isOver) return;
        const name = leg.target.at.phone;
        if (name !== undefined && this.#isBusy(name)) this.#notTaken(leg.target, 'busy');
        else guarded(core, () => leg.start(phones.get(name ?? '')));
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
