import { isE164, parseE164, readNumber } from '#core/address.js';
import { isBlocked } from '#core/blocked-numbers/index.js';
import {
  beginOfNumber,
  FlowMachine,
  numberingOf,
  type FlowCall,
  type FlowConfiguration,
} from '#core/call-flow/index.js';
import { CallRehearsal, type Rehearsed, type RehearsedStep } from '#core/call-simulation/call-rehearsal.js';
import { homeCountry } from '#core/contacts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { whyNotOutside } from '#core/outside-rule.js';
import { hasFeature } from '#core/plans/index.js';
import { readRouting, readTurns, type RoutingOwner } from '#core/routing/index.js';

export interface SimulateCall {
  /** A number as people write it, an extension or a phone; undefined: the caller hides the number. */
  from: string | undefined;
  /** A number of the account, or an extension. */
  to: string;
  /** Default: now. */
  at?: Date | undefined;
  answers?: readonly SimulatedAnswer[] | undefined;
  /** What is pressed, one after the other, whenever keys are waited for; empty: nothing. */
  keys?: readonly string[] | undefined;
}

/** Somebody who takes the call when they are rung; all others let it ring. */
export interface SimulatedAnswer {
  /** A phone's name, an extension, or a number outside in E.164. */
  who: string;
  /** How long it rings. Default: 5. */
  afterSeconds?: number | undefined;
}

export interface SimulatedCall extends Rehearsed {
  /** The version of the configuration. */
  version: number;
  startsAt: Date;
  /** As it was asked for. */
  to: string;
}

/**
 * What would happen to a call, step by step, led by the same machine as a real one. Nobody is called, and nothing is
 * written. @throws CoreError `routing.bad_input`
 */
export async function simulateCall(
  core: Pick<Core, 'db' | 'clock'>,
  owner: RoutingOwner,
  input: SimulateCall,
): Promise<SimulatedCall> {
  const configuration = await readRouting(core, owner);
  const startsAt = input.at ?? new Date(core.clock.now());
  const from = input.from === undefined ? undefined : await findCaller(core, owner, configuration, input.from.trim());
  const called = await findCalled(core, owner, configuration, input.to);
  const about = { version: configuration.version, startsAt, to: input.to };
  if (from !== undefined && isE164(from) && (await isBlocked(core, owner, from))) {
    return { ...about, ...refusedAtOnce('blocked', `${from} is blocked`, startsAt) };
  }
  if (called.begin === undefined) {
    const description =
      'No destination was chosen for the number: the call is refused, or answered with who calls from it';
    return { ...about, ...refusedAtOnce('unrouted', description, startsAt) };
  }
  const inside = from !== undefined && !isE164(from);
  if (!inside && !(await hasFeature(core, owner.accountId, 'voice'))) {
    const description = 'The plan of the account has no calls: the caller is refused';
    return { ...about, ...refusedAtOnce('blocked', description, startsAt) };
  }
  const call: FlowCall = {
    begin: called.begin,
    caller: from,
    callerName: undefined,
    from: inside ? 'inside' : 'outside',
  };
  const machine = new FlowMachine(configuration, call, await readTurns(core, owner, configuration));
  const rules = {
    takesMessages: await hasFeature(core, owner.accountId, 'voicemail'),
    // The sandbox calls nobody outside, and so is asked nothing.
    whyNotOutside: async (number: string) =>
      owner.mode === 'test' ? undefined : whyNotOutside(core, { ...owner, number }),
  };
  const rehearsal = new CallRehearsal(configuration, await readSoundSeconds(core, owner), input, rules);
  return { ...about, ...(await rehearsal.run(machine, startsAt)) };
}

function refusedAtOnce(outcome: Rehearsed['outcome'], description: string, at: Date): Rehearsed {
  const step: RehearsedStep = { at, kind: 'hangup', description, said: [], rings: [] };
  return { steps: [step], history: [], outcome, endsAt: at, assumed: [] };
}

/** Who is inside is called as they are, whoever is outside in E.164. */
async function findCaller(
  core: Pick<Core, 'db'>,
  owner: RoutingOwner,
  configuration: FlowConfiguration,
  from: string,
): Promise<string> {
  if (numberingOf(configuration).byNumber.has(from)) return from;
  // Phones are real ones: a test key learns nothing of them.
  if (configuration.phones.has(from)) return from;
  const number = readNumber(from, await homeCountry(core.db, owner));
  if (number !== undefined) return number;
  throw new CoreError('routing.bad_input', `${from} is neither a number, nor an extension or a phone of the account.`, {
    field: 'from',
  });
}

async function findCalled(
  core: Pick<Core, 'db'>,
  owner: RoutingOwner,
  configuration: FlowConfiguration,
  to: string,
): Promise<{ begin: FlowCall['begin'] | undefined }> {
  const extensionId = numberingOf(configuration).byNumber.get(to.trim());
  if (extensionId !== undefined) return { begin: { destination: { type: 'extension', id: extensionId } } };
  const number = parseE164(to);
  const numberId = [...configuration.numbers].find(([, own]) => own === number)?.[0];
  if (numberId === undefined) {
    throw new CoreError('routing.bad_input', `${to} is neither a number of the account nor an extension.`, {
      field: 'to',
    });
  }
  const phone = await core.db
    .selectFrom('numbers')
    .innerJoin('phones', 'phones.id', 'numbers.phone_id')
    .select('phones.name')
    .where('numbers.account_id', '=', owner.accountId)
    .where('numbers.mode', '=', owner.mode)
    .where('numbers.id', '=', numberId)
    .executeTakeFirst();
  return { begin: beginOfNumber(configuration, { id: numberId, phone: phone?.name ?? null }) };
}

async function readSoundSeconds(core: Pick<Core, 'db'>, owner: RoutingOwner): Promise<ReadonlyMap<number, number>> {
  const rows = await core.db
    .selectFrom('sounds')
    .select(['id', 'duration_ms'])
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .execute();
  return new Map(rows.map(({ id, duration_ms }) => [id, duration_ms / 1000]));
}
