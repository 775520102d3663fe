import { afterEach, describe, expect, test } from 'vitest';
import { newId } from '#core/ids.js';
import { connectCall, reconcileDeadNodes } from '#core/calls/index.js';
import { createUser } from '#core/people/index.js';
import { addPhone } from '#core/phones/index.js';
import { addTrunk } from '#core/trunks/index.js';
import type { Mode } from '#core/tables.js';
import type { EngineCommand } from '#voice/engine.js';
import { ScriptedEngine } from '../business.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Somebody of ours is connected with a phone outside: ours ring first. */
const TO = '+12125550100';
let world: World;
let letGo: () => void = () => undefined;

afterEach(async () => {
  letGo();
  letGo = () => undefined;
  await over();
  expect(await world.violations()).toEqual([]);
  await world.close();
});

/** A call for a user who has these phones. */
async function connect(phones: string[], to = TO, mode: Mode = 'test'): Promise<string> {
  const { core, account } = world;
  await createUser(core, { accountId: account.id, mode, name: 'Anna', phones, actor: 'test' });
  const reply = await world.request('POST', '/v1/calls', { key: world.keys[mode], body: { phone: to, user: 'Anna' } });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return String(reply.body['id']).replace('call_test_', 'cal_');
}

const rowOf = (id: string) =>
  world.core.db.selectFrom('calls').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const attemptsOf = (id: string) =>
  world.core.db.selectFrom('call_attempts').selectAll().where('call_id', '=', id).execute();
const cancel = (id: string) => world.request('POST', `/api/v1/calls/${id}/cancel`);

async function becomes(id: string, status: string): Promise<void> {
  await world.runUntil(`${id} is ${status}`, async () => (await rowOf(id)).status === status);
  await world.settle();
}

/** Nobody's leg is left, and none of the call's room is taken. */
async function over(): Promise<void> {
  await world.runUntil('quiet', () => world.platform.conductor.active === 0);
}

describe('with a test key', () => {
  test('a user picks up, the far end rings and answers, and hangs up', async () => {
    world = await openWorld();
    const id = await connect(['anna'], '+15005550026');
    await becomes(id, 'dialing');
    expect(await attemptsOf(id)).toEqual([]);
    await becomes(id, 'ringing');
    expect(await rowOf(id)).toMatchObject({ picked_up_by: 'anna', attempts: 1 });
    await becomes(id, 'completed');
    const row = await rowOf(id);
    expect(row).toMatchObject({ reason: 'callee_hung_up', sip_code: 200, answered_by: 'unknown' });
    const since = (at: Date | null) => (at?.getTime() ?? 0) - row.created_at.getTime();
    // Each side rings for two seconds; the far end leaves two seconds later.
    expect([row.dialing_at, row.picked_up_at, row.answered_at, row.ended_at].map(since)).toEqual([0, 2000, 4000, 6000]);
    await over();
  });

  test.each([
    ['+15005550020', 'busy', 'busy'],
    ['+15005550021', 'rejected', 'rejected'],
    ['+15005550022', 'no_answer', 'ring_timeout'],
    ['+15005550023', 'failed', 'unallocated'],
    ['+15005550024', 'failed', 'carrier_error'],
    ['+15005550025', 'failed', 'unreachable'],
    ['+15005550030', 'failed', 'redirected'],
  ])('to %s ends %s, with one attempt', async (to, status, reason) => {
    world = await openWorld();
    const id = await connect(['anna'], to);
    await becomes(id, status);
    expect(await rowOf(id)).toMatchObject({ status, reason, picked_up_by: 'anna', attempts: 1 });
    await over();
  });

  test.each([
    [['+15005550022'], 'no_answer', 'nobody_picked_up'],
    [['+15005550020'], 'no_answer', 'nobody_picked_up'],
    [['+15005550021', '+15005550022', '+15005550025'], 'no_answer', 'nobody_picked_up'],
  ])('whose phones %j nobody picks up is %s, and nobody outside was dialled', async (phones, status, reason) => {
    world = await openWorld();
    const id = await connect(phones);
    await becomes(id, status);
    expect(await rowOf(id)).toMatchObject({ reason, picked_up_by: null, attempts: 0, trunk_id: null });
    expect(await attemptsOf(id)).toEqual([]);
    await over();
  });

  test('two who pick up in the same moment: one of them is connected', async () => {
    world = await openWorld();
    const id = await connect(['anna', 'ben', '+15005550020'], '+15005550026');
    await becomes(id, 'completed');
    expect(await rowOf(id)).toMatchObject({ picked_up_by: 'anna', attempts: 1 });
    await over();
  });

  test.each(['dialing', 'ringing'])('one that is canceled while %s ends canceled', async (status) => {
    world = await openWorld();
    const id = await connect(['anna', '+15005550022'], '+15005550022');
    await becomes(id, status);
    expect((await cancel(id)).status).toBe(200);
    await becomes(id, 'canceled');
    expect(await rowOf(id)).toMatchObject({ reason: 'canceled' });
    await over();
  });

  test('one that is canceled while both speak is completed', async () => {
    world = await openWorld();
    const id = await connect(['anna']);
    await becomes(id, 'answered');
    await cancel(id);
    await becomes(id, 'completed');
    expect(await rowOf(id)).toMatchObject({ reason: null });
    await over();
  });

  test('one that lasts too long is ended', async () => {
    world = await openWorld();
    const { core, account } = world;
    const of = { accountId: account.id, mode: 'test' as const };
    await createUser(core, { ...of, name: 'Anna', phones: ['anna'], actor: 'test' });
    const { id } = await core.db.transaction().execute(async (tx) => {
      const call = await connectCall({ ...core, db: tx }, { ...of, phone: TO, user: 'Anna', dialect: 'test' });
      await tx.updateTable('calls').set({ max_duration_seconds: 10 }).where('id', '=', call.id).execute();
      return call;
    });
    await becomes(id, 'completed');
    expect(await rowOf(id)).toMatchObject({ reason: 'max_duration' });
    await over();
  });

  test('somebody of ours who hangs up while the far end rings has changed their mind', async () => {
    world = await openWorld();
    const id = await connect(['+15005550026'], '+15005550022');
    await becomes(id, 'canceled');
    expect(await rowOf(id)).toMatchObject({ reason: 'caller_hung_up', attempts: 1 });
    expect(await attemptsOf(id)).toMatchObject([{ cause: 'canceled' }]);
    await over();
  });
});

/** An engine that does nothing by itself, so that what is sent to it and when can be seen. */
describe('at the engine', () => {
  let engine: ScriptedEngine;

  async function open(): Promise<void> {
    engine = new ScriptedEngine();
    // Whatever a test leaves open.
    letGo = () => {
      engine.onCommand = (command) => {
        if (command.kind === 'dial') engine.emit({ kind: 'leg.ended', leg: command.leg, cause: 'canceled', by: 'us' });
      };
      for (const { leg } of sent('dial')) engine.emit({ kind: 'leg.ended', leg, cause: 'hangup', by: 'them' });
    };
    world = await openWorld({ live: () => engine });
    const owner = { accountId: world.account.id, actor: 'test' };
    for (const name of ['101', '102'])
      await addPhone(world.core, { ...owner, name, password: 'correct horse battery' });
    await addTrunk(world.core, { name: 'carrier', uri: 'sip:127.0.0.1:5999', sipHost: '127.0.0.1', actor: 'test' });
  }

  function sent<K extends EngineCommand['kind']>(kind: K): Extract<EngineCommand, { kind: K }>[] {
    return engine.commands.filter((command): command is Extract<EngineCommand, { kind: K }> => command.kind === kind);
  }

  /** The legs of two phones of ours, ringing. */
  async function ringing(): Promise<{ id: string; first: string; second: string }> {
    await open();
    const id = await connect(['101', '102'], TO, 'live');
    await becomes(id, 'dialing');
    const [first, second] = sent('dial');
    if (first === undefined || second === undefined) throw new Error('two phones were to ring');
    return { id, first: first.leg, second: second.leg };
  }

  async function end(leg: string, more: { cause?: 'hangup' | 'canceled' | 'busy'; by?: 'us' | 'them' } = {}) {
    engine.emit({ kind: 'leg.ended', leg, cause: 'hangup', by: 'them', ...more });
    await world.settle();
  }

  /** The first of ours has picked up, the second was told; the far end is being called. */
  async function calling() {
    const { id, first, second } = await ringing();
    engine.emit({ kind: 'leg.answered', leg: first, sipCode: 200 });
    await world.settle();
    await end(second, { cause: 'canceled', by: 'us' });
    const outside = sent('dial')[2]?.leg ?? '';
    return { id, ours: first, outside };
  }

  async function talking() {
    const legs = await calling();
    engine.emit({ kind: 'leg.answered', leg: legs.outside, sipCode: 200 });
    await world.settle();
    return legs;
  }

  test('all phones ring at once, and those not picked up are told that it was elsewhere', async () => {
    const { id, first, second } = await ringing();
    expect(sent('dial').map(({ to, from }) => [to.kind, 'number' in to && to.number, from.number])).toEqual([
      ['phone', '101', TO],
      ['phone', '102', TO],
    ]);
    engine.emit({ kind: 'leg.answered', leg: second, sipCode: 200 });
    // Before the far end is called it is written down that it will be.
    expect(sent('dial')).toHaveLength(2);
    await world.settle();
    expect(sent('hangup')).toEqual([{ kind: 'hangup', leg: first, sipCode: 200, reason: 'Call completed elsewhere' }]);
    expect(sent('dial')[2]).toMatchObject({
      to: { kind: 'trunk', number: TO },
      from: { number: SANDBOX_NUMBER },
      beside: second,
      ringTimeoutMs: 30_000,
    });
    expect(await rowOf(id)).toMatchObject({ picked_up_by: '102', status: 'dialing', attempts: 1 });
    expect(await attemptsOf(id)).toMatchObject([{ leg: sent('dial')[2]?.leg, ended_at: null }]);
  });

  test('one that answers all the same is hung up', async () => {
    const { first, second } = await ringing();
    engine.emit({ kind: 'leg.answered', leg: first, sipCode: 200 });
    engine.emit({ kind: 'leg.answered', leg: second, sipCode: 200 });
    await world.settle();
    expect(new Set(sent('hangup').map(({ leg }) => leg))).toEqual(new Set([second]));
    expect(sent('dial')).toHaveLength(3);
  });

  test('whoever waits hears a ringing tone, and then the far end', async () => {
    const { ours, outside } = await calling();
    engine.emit({ kind: 'leg.ringing', leg: outside, sipCode: 180 });
    engine.emit({ kind: 'leg.ringing', leg: outside, sipCode: 180 });
    expect(sent('play')).toMatchObject([{ leg: ours, loop: true }]);
    engine.emit({ kind: 'leg.answered', leg: outside, sipCode: 200 });
    expect(engine.commands.slice(-2)).toEqual([
      { kind: 'stop', leg: ours },
      { kind: 'bridge', leg: ours, with: outside },
    ]);
  });

  test('what the network says before the answer is heard', async () => {
    const { ours, outside } = await calling();
    engine.emit({ kind: 'leg.ringing', leg: outside, sipCode: 180 });
    engine.emit({ kind: 'leg.early', leg: outside, sipCode: 183 });
    expect(engine.commands.slice(-2)).toEqual([
      { kind: 'stop', leg: ours },
      { kind: 'bridge', leg: ours, with: outside },
    ]);
    engine.emit({ kind: 'leg.ringing', leg: outside, sipCode: 180 });
    expect(sent('play')).toHaveLength(1);
  });

  test('each one’s end is the end of the other', async () => {
    const one = await talking();
    await end(one.ours);
    expect(sent('hangup').at(-1)).toMatchObject({ leg: one.outside });
    expect((await rowOf(one.id)).status).toBe('answered');
    await end(one.outside, { by: 'us' });
    expect(await rowOf(one.id)).toMatchObject({ status: 'completed', reason: 'caller_hung_up' });
    await over();
    await world.close();

    const other = await talking();
    await end(other.outside);
    expect(sent('hangup').at(-1)).toMatchObject({ leg: other.ours });
    expect(await rowOf(other.id)).toMatchObject({ status: 'completed', reason: 'callee_hung_up' });
    expect(world.platform.conductor.active).toBe(1);
    await end(other.ours, { by: 'us' });
    await over();
  });

  test('keys and holds are passed on, but for tones, which are heard anyway', async () => {
    const { ours, outside } = await talking();
    engine.emit({ kind: 'dtmf', leg: ours, digit: '5', via: 'rfc4733', durationMs: 100 });
    engine.emit({ kind: 'dtmf', leg: ours, digit: '6', via: 'inband', durationMs: 100 });
    engine.emit({ kind: 'dtmf', leg: outside, digit: '#', via: 'info', durationMs: 100 });
    engine.emit({ kind: 'hold', leg: outside, on: true });
    expect(sent('sendDtmf')).toMatchObject([
      { leg: outside, digits: '5' },
      { leg: ours, digits: '#' },
    ]);
    expect(sent('hold')).toEqual([{ kind: 'hold', leg: ours, on: true }]);
  });

  test('whoever waits for a busy line is told so, and hung up', async () => {
    const { id, ours, outside } = await calling();
    await end(outside, { cause: 'busy' });
    expect(await rowOf(id)).toMatchObject({ status: 'busy', attempts: 1 });
    const [sentence] = sent('play');
    expect(sentence).toMatchObject({ leg: ours });
    expect(sent('hangup').filter(({ leg }) => leg === ours)).toEqual([]);
    engine.emit({ kind: 'job.done', leg: ours, job: sentence?.job ?? '', outcome: 'completed', durationMs: 1000 });
    expect(sent('hangup').at(-1)).toEqual({ kind: 'hangup', leg: ours });
    await end(ours, { by: 'us' });
    await over();
  });

  test('a phone that nobody is at is no reason to call the far end', async () => {
    const { id, first, second } = await ringing();
    engine.emit({ kind: 'leg.ended', leg: first, cause: 'not_registered', by: 'us' });
    engine.emit({ kind: 'leg.ended', leg: second, cause: 'not_registered', by: 'us' });
    await becomes(id, 'failed');
    expect(await rowOf(id)).toMatchObject({ reason: 'not_registered', attempts: 0 });
    expect(sent('dial')).toHaveLength(2);
    await over();
  });

  test('somebody who hangs up at once is not called for', async () => {
    const { id, first, second } = await ringing();
    engine.emit({ kind: 'leg.answered', leg: first, sipCode: 200 });
    engine.emit({ kind: 'leg.ended', leg: first, cause: 'hangup', by: 'them' });
    await end(second, { cause: 'canceled', by: 'us' });
    await becomes(id, 'canceled');
    expect(sent('dial')).toHaveLength(2);
    expect(await rowOf(id)).toMatchObject({ reason: 'caller_hung_up' });
    await over();
  });

  test('a number that opts out while phones ring is not called', async () => {
    const { id, first, second } = await ringing();
    await world.core.db
      .insertInto('suppressions')
      .values({
        id: newId('sup', 1),
        account_id: world.account.id,
        mode: 'live',
        address: TO,
        scope: 'all',
        channel: 'all',
        source: 'operator',
        created_at: new Date(world.clock.now()),
      })
      .execute();
    engine.emit({ kind: 'leg.answered', leg: first, sipCode: 200 });
    await end(second, { cause: 'canceled', by: 'us' });
    await becomes(id, 'failed');
    expect(await rowOf(id)).toMatchObject({ reason: 'suppressed', attempts: 0 });
    expect(sent('play')).toMatchObject([{ leg: first }]);
    engine.emit({ kind: 'job.done', leg: first, job: 'sentence', outcome: 'completed', durationMs: 1000 });
    await end(first, { by: 'us' });
    await over();
  });

  test('of a process that died is over, and whoever picks up then is hung up', async () => {
    const { id, first, second } = await ringing();
    const dead = await world.core.db
      .insertInto('nodes')
      .values({ host: 'gone', pid: 1, started_at: new Date(world.clock.now()) })
      .returning('id')
      .executeTakeFirstOrThrow();
    await world.core.db.updateTable('calls').set({ node_id: dead.id }).where('id', '=', id).execute();
    await reconcileDeadNodes(world.core);
    expect(await rowOf(id)).toMatchObject({ status: 'failed', reason: 'node_lost', attempts: 0 });
    engine.emit({ kind: 'leg.answered', leg: first, sipCode: 200 });
    await world.settle();
    expect(sent('dial')).toHaveLength(2);
    expect(sent('hangup').map(({ leg }) => leg)).toContain(first);
    await end(second, { cause: 'canceled', by: 'us' });
    await end(first, { by: 'us' });
    await over();
  });

  test('an overloaded trunk is left alone', async () => {
    const { id, ours, outside } = await calling();
    engine.emit({
      kind: 'leg.ended',
      leg: outside,
      cause: 'congestion',
      by: 'them',
      sipCode: 503,
      retryAfterSeconds: 30,
    });
    await becomes(id, 'failed');
    expect(await rowOf(id)).toMatchObject({ reason: 'congestion', sip_code: 503 });
    const trunk = await world.core.db.selectFrom('trunks').select('next_dial_at').executeTakeFirstOrThrow();
    expect(trunk.next_dial_at?.getTime()).toBe(world.clock.now() + 30_000);
    await end(ours);
    await over();
  });
});
