import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeNextTry } from '#core/calls/next-try.js';
import { addNumber } from '#core/numbers/index.js';
import { addPhone } from '#core/phones/index.js';
import { suppress } from '#core/suppression/index.js';
import { addTrunk, type AddTrunk } from '#core/trunks/index.js';
import type { Engine, EngineCommand, EngineEventBody } from '#voice/engine.js';
import { SimulatedEngine } from '#voice/simulated/simulated-engine.js';
import { ScriptedEngine } from '../business.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

type Dial = Extract<EngineCommand, { kind: 'dial' }>;
type End = Omit<Extract<EngineEventBody, { kind: 'leg.ended' }>, 'kind' | 'leg' | 'by'>;

/** Which way a live call takes, and what it does when that way fails. Numbers of nobody's fate answer. */
let world: World;
let receiver: Receiver;
/** `trunk number`, in order. */
let dialed: string[];
/** What a trunk, or a number, does with a call instead of carrying it; after ringing where the test says so. */
let fates: Map<string, End & { rings?: boolean }>;
let trunks: Map<string, string>;
let engine: ScriptedEngine;

beforeEach(async () => {
  dialed = [];
  fates = new Map();
  trunks = new Map();
  engine = new ScriptedEngine();
  receiver = await openReceiver();
  world = await openWorld({
    live: (clock) => {
      const simulated = new SimulatedEngine(clock);
      simulated.on((event) => engine.emit(event));
      return {
        on: (listener) => engine.on(listener),
        close: () => simulated.close(),
        send(command) {
          const fate = command.kind === 'dial' ? fateOf(command) : undefined;
          if (command.kind !== 'dial' || fate === undefined) return simulated.send(command);
          const { rings = false, ...end } = fate;
          // Later than the account's pace lets the second of two calls go, which is 100 ms.
          clock.after(250, () => {
            if (rings) engine.emit({ kind: 'leg.ringing', leg: command.leg, sipCode: 180 });
            engine.emit({ kind: 'leg.ended', leg: command.leg, by: 'them', ...end });
          });
        },
      } satisfies Engine;
    },
  });
});
afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
  await receiver.close();
});

function fateOf({ to }: Dial): (End & { rings?: boolean }) | undefined {
  if (to.kind === 'uri') return undefined;
  const name = to.kind === 'phone' ? 'phone' : (trunks.get(to.trunk) ?? to.trunk);
  dialed.push(`${name} ${to.number}`);
  return fates.get(name) ?? fates.get(to.number);
}

async function trunk(name: string, more: Partial<AddTrunk> = {}): Promise<string> {
  const usual = { uri: 'sip:127.0.0.1:9', sipHost: '127.0.0.1', actor: 'test', callsPerSecond: 100 };
  const { id } = await addTrunk(world.core, { ...usual, ...more, name });
  trunks.set(id, name);
  return id;
}

const TO = '+12125550100';

async function place(to = TO, message = 'Hello.'): Promise<string> {
  const reply = await world.request('POST', '/api/v1/calls', {
    key: world.keys.live,
    body: { to, from: SANDBOX_NUMBER, message, webhook_url: receiver.url },
  });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return String(reply.body['call_id']);
}

const look = async (id: string): Promise<Record<string, unknown>> =>
  (await world.request('GET', `/api/v1/calls/${id}`, { key: world.keys.live })).body;

/** The call at its end, having been told of once. */
async function ended(id: string): Promise<Record<string, unknown>> {
  await world.runUntil('the end', async () => (await look(id))['completed_at'] !== null);
  await world.settle();
  const terminal = receiver.received.filter(({ body }) => body['call_id'] === id && body['event'] !== 'call.answered');
  expect(terminal).toHaveLength(1);
  return look(id);
}

const tries = (call: Record<string, unknown>): unknown[] =>
  (call['tries'] as { cause: string | null }[]).map(({ cause }) => cause);

describe('a call takes', () => {
  test('the trunk of its prefix, else the one for all', async () => {
    await trunk('all');
    await trunk('new-york', { prefixes: ['+1212', '+1646'] });
    await ended(await place('+12125550100'));
    await ended(await place('+13125550100'));
    expect(dialed).toEqual(['new-york +12125550100', 'all +13125550100']);
  });

  test('the next trunk while the first one has no room', async () => {
    await trunk('small', { priority: 1, channels: 1 });
    await trunk('large', { priority: 2 });
    await Promise.all([place(), place(), place()]);
    await world.runUntil('three calls', () => dialed.length === 3);
    expect(dialed.map((dial) => dial.split(' ')[0]).sort()).toEqual(['large', 'large', 'small']);
  });

  test('a trunk in trouble last, and first again when it has recovered', async () => {
    const first = await trunk('first', { priority: 1 });
    await trunk('second', { priority: 2 });
    engine.emit({ kind: 'trunk.state', trunk: first, up: false, detail: 'nothing answers' });
    await world.settle();
    await ended(await place());
    engine.emit({ kind: 'trunk.state', trunk: first, up: true, sipCode: 200, detail: '200 OK' });
    await world.settle();
    await ended(await place());
    expect(dialed).toEqual([`second ${TO}`, `first ${TO}`]);
  });
});

describe('a call whose trunk fails', () => {
  const FAILURES: [string, End][] = [
    ['unreachable', { cause: 'unreachable' }],
    ['500', { cause: 'carrier_error', sipCode: 500 }],
    ['unknown to the engine', { cause: 'no_route' }],
  ];
  test.each(FAILURES)('(%s) goes by the next one, each an attempt', async (_what, fate) => {
    await trunk('first', { priority: 1 });
    await trunk('second', { priority: 2 });
    fates.set('first', fate);
    const call = await ended(await place());
    expect(call).toMatchObject({ status: 'completed', attempts: 2, error: null });
    expect(tries(call)).toEqual([fate.cause, 'hangup']);
    expect(dialed).toEqual([`first ${TO}`, `second ${TO}`]);
    expect((call['events'] as { event: string }[]).map(({ event }) => event)).toEqual([
      ...['call.queued', 'call.dialing', 'call.dialing', 'call.ringing', 'call.answered', 'call.completed'],
    ]);
  });

  test.each<[string, End & { rings?: boolean }, string]>([
    ['after it rang', { cause: 'carrier_error', sipCode: 500, rings: true }, 'carrier_error'],
    ['because the number is wrong', { cause: 'unallocated', sipCode: 404 }, 'unallocated'],
    ['with a 4xx', { cause: 'carrier_error', sipCode: 400 }, 'carrier_error'],
  ])('%s does not try another', async (_what, fate, code) => {
    await trunk('first', { priority: 1 });
    await trunk('second', { priority: 2 });
    fates.set('first', fate);
    expect(await ended(await place())).toMatchObject({ status: 'failed', attempts: 1, error: { code } });
    expect(dialed).toHaveLength(1);
  });

  test('tries each trunk once, five at most, and ends as the last one did', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await trunk(name);
      fates.set(name, { cause: 'unreachable' });
    }
    expect(await ended(await place())).toMatchObject({ status: 'failed', attempts: 5, error: { code: 'unreachable' } });
    expect(new Set(dialed).size).toBe(5);
  });

  test('is put back once, also when the database lost its word for it', async () => {
    await trunk('first', { priority: 1 });
    await trunk('second', { priority: 2, channels: 1 });
    fates.set('first', { cause: 'unreachable' });
    const other = await place('+12125550101', 'word '.repeat(100));
    await world.runUntil('the second trunk to be full', () => dialed.length === 2);
    const waiting = await place();
    await world.runUntil('its failure', async () => tries(await look(waiting))[0] === 'unreachable');
    const { leg } = await world.core.db
      .selectFrom('call_attempts')
      .select('leg')
      .where('call_id', '=', waiting)
      .executeTakeFirstOrThrow();
    const again = await world.core.db
      .transaction()
      .execute((tx) =>
        writeNextTry(
          tx,
          world.core.secrets,
          waiting,
          { leg, cause: 'unreachable', rang: false },
          new Date(world.clock.now()),
        ),
      );
    expect(again).toBe(true);
    expect(await look(waiting)).toMatchObject({ status: 'queued', attempts: 1 });
    await ended(other);
    expect(await ended(waiting)).toMatchObject({ status: 'completed', attempts: 2 });
  });

  test('is not dialled again once it was canceled', async () => {
    await trunk('first', { priority: 1 });
    await trunk('second', { priority: 2, channels: 1 });
    fates.set('first', { cause: 'unreachable' });
    const other = await place('+12125550101', 'word '.repeat(100));
    await world.runUntil('the second trunk to be full', () => dialed.length === 2);
    const waiting = await place();
    await world.runUntil('its failure', async () => tries(await look(waiting))[0] === 'unreachable');
    expect(await look(waiting)).toMatchObject({ status: 'queued', attempts: 1 });
    await world.request('POST', `/api/v1/calls/${waiting}/cancel`, { key: world.keys.live });
    expect(await ended(waiting)).toMatchObject({ status: 'canceled' });
    await ended(other);
    expect(dialed).toHaveLength(3);
  });
});

describe('an overloaded trunk', () => {
  test('passes the call on at once, which has spent nothing, and is left alone as long as it asked', async () => {
    await trunk('first', { priority: 1 });
    await trunk('second', { priority: 2 });
    fates.set('first', { cause: 'congestion', sipCode: 503, retryAfterSeconds: 120 });
    const began = world.clock.now();
    const call = await ended(await place());
    expect(call).toMatchObject({ status: 'completed', attempts: 1 });
    expect(world.clock.now() - began).toBeLessThan(30_000);
    fates.clear();
    await ended(await place());
    await world.run(120_000);
    await ended(await place());
    expect(dialed.map((dial) => dial.split(' ')[0])).toEqual(['first', 'second', 'second', 'first']);
  });

  test('that has let it ring is not asked again: nobody is rung over and over', async () => {
    await trunk('only');
    fates.set('only', { cause: 'congestion', sipCode: 503, rings: true });
    const call = await ended(await place());
    expect(call).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'congestion' } });
    expect(dialed).toHaveLength(1);
  });

  test('rests as long as it asked, although it refuses a later call without saying how long', async () => {
    await trunk('only');
    const [patient, other] = ['+12125550101', '+12125550102'];
    fates.set(patient, { cause: 'congestion', sipCode: 503, retryAfterSeconds: 120 });
    fates.set(other, { cause: 'congestion', sipCode: 503 });
    const calls = [await place(patient), await place(other)];
    await world.runUntil('both refusals', () => dialed.length === 2);
    fates.clear();
    await world.run(60_000);
    expect(dialed).toHaveLength(2);
    for (const call of calls) expect(await ended(call)).toMatchObject({ status: 'completed', attempts: 1 });
  });
});

describe('a call that is sent elsewhere', () => {
  const to = (...numbers: string[]): End => ({
    cause: 'redirected',
    sipCode: 302,
    redirects: numbers.map((number) => ({ uri: `sip:${number}@192.0.2.1`, number })),
  });

  test('goes there, through the trunks', async () => {
    await trunk('carrier');
    fates.set(TO, to('+13125550100'));
    const call = await ended(await place());
    expect(call).toMatchObject({ status: 'completed', to: TO, attempts: 2 });
    expect(tries(call)).toEqual(['redirected', 'hangup']);
    expect(dialed).toEqual([`carrier ${TO}`, 'carrier +13125550100']);
  });

  test('tries what it was told in order, until somebody answers', async () => {
    await trunk('carrier');
    fates.set(TO, to('+13125550101', '+13125550102', '+13125550103'));
    fates.set('+13125550101', { cause: 'busy', sipCode: 486 });
    expect(await ended(await place())).toMatchObject({ status: 'completed', attempts: 3 });
    expect(dialed.slice(1)).toEqual(['carrier +13125550101', 'carrier +13125550102']);
  });

  test('to a phone or a number of ours rings there', async () => {
    await trunk('carrier');
    const accountId = world.account.id;
    await addPhone(world.core, { accountId, name: '101', actor: 'test' });
    await addNumber(world.core, { accountId, mode: 'live', number: '+13125550111', phone: '101', actor: 'test' });
    fates.set(TO, to('101', '+13125550111'));
    fates.set('phone', { cause: 'not_registered' });
    expect(await ended(await place())).toMatchObject({ status: 'failed', error: { code: 'not_registered' } });
    expect(dialed).toEqual([`carrier ${TO}`, 'phone 101', 'phone +13125550111']);
  });

  test('where the outbound rule, an opt-out or a circle forbids ends there', async () => {
    await trunk('carrier');
    const optedOut = '+13125550109';
    await world.core.db.transaction().execute((tx) =>
      suppress(tx, world.core.secrets, {
        ...{ accountId: world.account.id, mode: 'live', address: optedOut, source: 'key', callId: 'cal_none' },
        at: new Date(world.clock.now()),
      }),
    );
    fates.set(TO, to('+442079460000', '+19005550100', optedOut, TO, 'nobody', '102'));
    const call = await ended(await place());
    expect(call).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'redirected' }, sip_code: 302 });
    expect(dialed).toHaveLength(1);
  });

  test('over and over has an end', async () => {
    await trunk('carrier');
    const number = (n: number): string => `+1312555010${n}`;
    fates.set(TO, to(number(0)));
    for (let n = 0; n < 9; n++) fates.set(number(n), to(TO, number(n), number(n + 1)));
    expect(await ended(await place())).toMatchObject({ status: 'failed', attempts: 6, error: { code: 'redirected' } });
  });

  test('and then declined is not offered to others', async () => {
    await trunk('carrier');
    fates.set(TO, to('+13125550101', '+13125550102'));
    fates.set('+13125550101', { cause: 'rejected', sipCode: 603 });
    expect(await ended(await place())).toMatchObject({ status: 'rejected', attempts: 2 });
  });
});
