import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAccount, setLimit } from '#core/accounts/index.js';
import { DEFAULT_SETTINGS, type Destination, type PhoneSystemSettings } from '#core/call-flow/index.js';
import { reconcileDeadNodes } from '#core/calls/index.js';
import { addNumber } from '#core/numbers/index.js';
import { addPhone } from '#core/phones/index.js';
import { changeRouting, type RoutingDraft } from '#core/routing/index.js';
import { addTrunk } from '#core/trunks/index.js';
import type { EngineCommand, EngineEventBody } from '#voice/engine.js';
import { ScriptedEngine } from '../business.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Calls that reach people, with an engine that says what the test tells it to say. */
type Dial = Extract<EngineCommand, { kind: 'dial' }>;
type Ended = Extract<EngineEventBody, { kind: 'leg.ended' }>;

const CALLER = '+12125550177';
const MOBILE = '+18005550188';
let world: World;
let engine: ScriptedEngine;
let trunk: string;
let legs: number;
let ended: Set<string>;

beforeEach(async () => {
  engine = new ScriptedEngine();
  legs = 0;
  ended = new Set();
  const answered = new Set<string>();
  // Whoever waits for our answer has it at once, and whoever is hung up on is gone.
  engine.onCommand = (command) => {
    if (command.kind === 'answer') {
      answered.add(command.leg);
      engine.emit({ kind: 'leg.answered', leg: command.leg, sipCode: 200 });
    } else if (command.kind === 'hangup' && !ended.has(command.leg)) {
      const cause = answered.has(command.leg) ? 'hangup' : 'canceled';
      end(command.leg, { cause, by: 'us', sipCode: command.sipCode ?? 487 });
    }
  };
  world = await openWorld({ live: () => engine });
  trunk = await newTrunk('carrier');
  await addPhone(world.core, { accountId: world.account.id, actor: 'test', name: '101', password: 'correct horse' });
});

afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  expect(await world.core.db.selectFrom('trunk_seats').selectAll().execute()).toEqual([]);
  await world.close();
});

function end(leg: string, more: Omit<Ended, 'kind' | 'leg'>): void {
  ended.add(leg);
  engine.emit({ kind: 'leg.ended', leg, ...more });
}

async function newTrunk(name: string, more: { priority?: number; keepCaller?: boolean; accountId?: string } = {}) {
  const place = { uri: 'sip:127.0.0.1:5099', sipHost: '127.0.0.1', callsPerSecond: 1000 };
  return (await addTrunk(world.core, { name, ...place, actor: 'test', ...more })).id;
}

async function route(
  change: (draft: RoutingDraft) => Promise<Destination>,
  settings: Partial<PhoneSystemSettings> = {},
): Promise<void> {
  const { core, account } = world;
  const owner = { accountId: account.id, mode: 'live' } as const;
  const { id } = await core.db
    .selectFrom('numbers')
    .select('id')
    .where('number', '=', SANDBOX_NUMBER)
    .where('mode', '=', 'live')
    .executeTakeFirstOrThrow();
  await changeRouting(core, { ...owner, author: 'test', summary: 'test' }, async (draft) => {
    draft.put('settings', 0, { ...DEFAULT_SETTINGS, ...settings });
    draft.put('number', id, { description: '', destination: await change(draft), record: null, welcome: null });
  });
}

const toPhone = (settings: Partial<PhoneSystemSettings> = {}) =>
  route(() => Promise.resolve({ type: 'phone', id: '101' }), settings);

const toMobile = (number = MOBILE) =>
  route(async (draft) => ({
    type: 'forwarding_number',
    id: await draft.create('forwarding_number', {
      ...{ number, description: '', announce: false, transferCode: null, ringSeconds: 20, noAnswer: null },
    }),
  }));

async function comesIn(more: { to?: string; trunk?: string; maxForwards?: number } = {}): Promise<string> {
  const { to = SANDBOX_NUMBER, trunk: through = trunk, ...rest } = more;
  const leg = `in_${(legs += 1)}`;
  engine.emit({ kind: 'leg.incoming', leg, origin: { kind: 'trunk', trunk: through }, from: CALLER, to, ...rest });
  await world.settle();
  return leg;
}

const dials = (): Dial[] => engine.commands.filter((command): command is Dial => command.kind === 'dial');
const told = (leg: string): string[] =>
  engine.commands.flatMap((command) => ('leg' in command && command.leg === leg ? [command.kind] : []));
const refusal = (leg: string): number | undefined => {
  const hangup = engine.commands.find((command) => command.kind === 'hangup' && command.leg === leg);
  return hangup?.kind === 'hangup' ? hangup.sipCode : undefined;
};
const newest = () => world.core.db.selectFrom('calls').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst();
const seats = () => world.core.db.selectFrom('trunk_seats').select(['trunk_id', 'leg']).execute();

async function answers(leg: string): Promise<void> {
  engine.emit({ kind: 'leg.answered', leg, sipCode: 200 });
  await world.settle();
}

test('a phone of ours rings while the caller hears their own network, and both are bridged when it answers', async () => {
  await toPhone();
  const caller = await comesIn({ maxForwards: 20 });
  const [dial] = dials();
  expect(dial).toMatchObject({
    ...{ to: { kind: 'phone', number: '101' }, from: { number: CALLER }, ringTimeoutMs: 30_000 },
    ...{ beside: caller, maxForwards: 19 },
  });
  expect(told(caller)).toEqual(['stop', 'ring']);
  await answers(dial!.leg);
  expect(told(caller)).toEqual(['stop', 'ring', 'stop', 'bridge', 'answer']);
  engine.emit({ kind: 'hold', leg: dial!.leg, on: true });
  engine.emit({ kind: 'dtmf', leg: caller, digit: '5', via: 'rfc4733', durationMs: 100 });
  engine.emit({ kind: 'dtmf', leg: caller, digit: '6', via: 'inband', durationMs: 100 });
  expect(engine.commands.slice(-2)).toMatchObject([
    { kind: 'hold', leg: caller, on: true },
    { kind: 'sendDtmf', leg: dial!.leg, digits: '5' },
  ]);
  end(dial!.leg, { cause: 'hangup', by: 'them', sipCode: 200 });
  await world.settle();
  expect(await newest()).toMatchObject({
    status: 'completed',
    reason: 'callee_hung_up',
    result: 'answered',
    node_id: null,
  });
});

test('a caller who gives up is no longer rung for', async () => {
  await toPhone();
  const caller = await comesIn();
  end(caller, { cause: 'canceled', by: 'them', sipCode: 487 });
  await world.settle();
  expect(told(dials()[0]!.leg)).toEqual(['dial', 'hangup']);
  expect(await newest()).toMatchObject({ status: 'no_answer', reason: 'caller_hung_up', result: 'missed' });
});

test('a call that goes round and round is passed on no more', async () => {
  await toPhone();
  const caller = await comesIn({ maxForwards: 1 });
  expect(dials()).toEqual([]);
  expect(refusal(caller)).toBe(480);
});

test('a number elsewhere takes a channel of a trunk until its leg has ended, and the next trunk where one fails', async () => {
  const second = await newTrunk('second', { keepCaller: false, priority: 200 });
  await toMobile();
  const caller = await comesIn();
  const [first] = dials();
  expect(first).toMatchObject({
    ...{ to: { kind: 'trunk', trunk, number: MOBILE }, from: { number: CALLER } },
    diversion: { number: SANDBOX_NUMBER, reason: 'unconditional' },
  });
  expect(await seats()).toEqual([{ trunk_id: trunk, leg: first!.leg }]);
  end(first!.leg, { cause: 'carrier_error', by: 'them', sipCode: 503 });
  // The pace of the account's calls.
  await world.run(200);
  const next = dials()[1];
  expect(next).toMatchObject({ to: { trunk: second }, from: { number: SANDBOX_NUMBER } });
  expect(await seats()).toEqual([{ trunk_id: second, leg: next!.leg }]);
  await answers(next!.leg);
  expect(told(caller)).toContain('bridge');
  expect(await seats()).toHaveLength(1);
  end(caller, { cause: 'hangup', by: 'them', sipCode: 200 });
  await world.settle();
  expect(await newest()).toMatchObject({ status: 'completed', result: 'answered', picked_up_by: MOBILE });
});

test('a number elsewhere is not called beyond the channels of the trunks, nor where calls may not go', async () => {
  await world.core.db.updateTable('trunks').set({ channels: 2 }).execute();
  await toMobile();
  // This one takes two channels: the one that it came through, and the one that it goes out by.
  const caller = await comesIn();
  const other = await comesIn();
  expect(dials()).toHaveLength(1);
  expect(refusal(other)).toBe(480);
  end(caller, { cause: 'canceled', by: 'them', sipCode: 487 });
  await world.settle();
  await toMobile('+442079460000');
  expect(refusal(await comesIn())).toBe(480);
  expect(dials()).toHaveLength(1);
});

test('the longest call is over for both, who hear it coming', async () => {
  await toPhone({ longestCallSeconds: 60 });
  const caller = await comesIn();
  const { leg } = dials()[0]!;
  await answers(leg);
  await world.run(30_000);
  expect([told(caller).at(-1), told(leg).at(-1)]).toEqual(['play', 'play']);
  await world.run(30_000);
  expect(await newest()).toMatchObject({ status: 'completed', reason: 'max_duration', result: 'answered' });
});

test('a recording that cannot be kept is lost, and the call is not', async () => {
  await toPhone({ record: 'all', recordConsent: true });
  const caller = await comesIn();
  const { leg } = dials()[0]!;
  await answers(leg);
  const record = engine.commands.find((command) => command.kind === 'record');
  expect(record).toMatchObject({ leg: caller, side: 'mixed' });
  const { recordings } = world.core;
  world.core.recordings = Object.assign(Object.create(recordings), {
    write: () => Promise.reject(new Error('ENOSPC: no space left on device')),
  }) as typeof recordings;
  const { log } = world.core;
  const errors: string[] = [];
  world.core.log = { ...log, error: (_details: unknown, text?: string) => void errors.push(String(text)) };
  const job = record?.kind === 'record' ? record.job : '';
  const recording = { pcm: new Int16Array(800) };
  engine.emit({ kind: 'job.done', leg: caller, job, outcome: 'ended', durationMs: 100, recording });
  end(caller, { cause: 'hangup', by: 'them', sipCode: 200 });
  await world.settle();
  world.core.log = log;
  world.core.recordings = recordings;
  expect(errors).toEqual(['a recording could not be kept']);
  expect(await newest()).toMatchObject({ status: 'completed', result: 'answered' });
  expect(await world.core.db.selectFrom('recordings').selectAll().execute()).toEqual([]);
});

test('more calls than the account takes are busy', async () => {
  await toPhone();
  await setLimit(world.core, { accountId: world.account.id, name: 'incoming_calls', value: 1, actor: 'test' });
  await comesIn();
  expect(refusal(await comesIn())).toBe(486);
});

test('another’s number is not reached through a trunk that is not theirs', async () => {
  await toPhone();
  const other = await createAccount(world.core, { name: 'Other', actor: 'test' });
  const theirs = await newTrunk('theirs', { accountId: other.id });
  await addNumber(world.core, { accountId: other.id, mode: 'live', number: '+12125550199', actor: 'test' });
  expect(refusal(await comesIn({ trunk: theirs }))).toBe(480);
  expect(await newest()).toBeUndefined();
});

test('a call whose process dies ends as lost, with what is known of it, and its channels are free', async () => {
  await toMobile();
  await comesIn();
  await answers(dials()[0]!.leg);
  const { id } = (await newest())!;
  // Nobody holds this lock.
  await world.core.db.updateTable('calls').set({ node_id: 99 }).where('id', '=', id).execute();
  await reconcileDeadNodes(world.core);
  expect(await newest()).toMatchObject({ status: 'failed', reason: 'node_lost', result: 'answered' });
  expect(await seats()).toEqual([]);
  const steps = await world.core.db.selectFrom('call_steps').select('type').execute();
  expect(steps.map(({ type }) => type)).toContain('answered');
});

test('a server that stops gives people time, then hangs up', async () => {
  await toPhone();
  await comesIn();
  await answers(dials()[0]!.leg);
  let isOver = false;
  const draining = world.platform.conductor.drain(5000).finally(() => (isOver = true));
  await world.run(4000);
  expect(isOver).toBe(false);
  expect(refusal(await comesIn())).toBe(503);
  await world.run(2000);
  await draining;
  expect(await newest()).toMatchObject({ status: 'completed', reason: 'server_stopped' });
});
