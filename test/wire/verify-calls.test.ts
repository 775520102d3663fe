import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { newId } from '#core/ids.js';
import { addNumber } from '#core/numbers/index.js';
import { setMetering, setPrice } from '#core/billing/index.js';
import { createGroup, createUser } from '#core/people/index.js';
import { addPhone } from '#core/phones/index.js';
import { addTrunk } from '#core/trunks/index.js';
import type { Mode } from '#core/tables.js';
import { HeldClock } from '../held-clock.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response for calls at the Verify door. */
const PHONE = '+12125550100';
const SECOND_NUMBER = '+12125550142';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string;
let world: World;
let annaId: string;

beforeAll(async () => {
  world = await openWorld();
  const { core, account } = world;
  const test = { accountId: account.id, mode: 'test' as Mode, actor: 'test' };
  const anna = await createUser(core, { ...test, name: 'Anna', email: 'anna@example.com', phones: ['101'] });
  annaId = anna.id;
  const ben = await createUser(core, { ...test, name: 'Ben', phones: ['+15005550022'] });
  await createUser(core, { ...test, name: 'Nobody' });
  await createGroup(core, { ...test, name: 'Sales', members: [ben.id, anna.id] });
  await createGroup(core, { ...test, name: 'Empty' });
  await pass(1);
  await addNumber(core, { ...test, number: SECOND_NUMBER });
  await addPhone(core, { ...test, name: '201', password: 'long enough' });
  await createUser(core, { ...test, mode: 'live', name: 'Carol', phones: ['201'] });
});
afterAll(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
});

// These tables are not about limits.
beforeEach(() => pass(60_000));

async function pass(ms: number): Promise<void> {
  if (world.clock instanceof HeldClock) world.clock.advance(ms);
  await world.settle();
}

const ask = (method: string, path: string, options: RequestOptions = {}): Promise<Reply> =>
  world.request(method, `/v1${path}`, options);

async function connect(body: object, options: RequestOptions = {}): Promise<Record<string, unknown>> {
  const reply = await ask('POST', '/calls', { body, ...options });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return reply.body;
}

async function callsWritten(): Promise<number> {
  return (await world.core.db.selectFrom('calls').select('id').execute()).length;
}

async function refuses(request: () => Promise<Reply>, status: number, code: string, says: string): Promise<void> {
  const before = await callsWritten();
  const reply = await request();
  const error = { code, message: expect.stringContaining(says) as string };
  expect({ status: reply.status, body: reply.body }).toEqual({ status, body: { error } });
  expect(await callsWritten()).toBe(before);
}

async function ended(id: unknown): Promise<Record<string, unknown>> {
  let body: Record<string, unknown> = {};
  const going = ['queued', 'dialing', 'ringing', 'answered'];
  await world.runUntil(`the end of ${String(id)}`, async () => {
    body = (await ask('GET', `/calls/${String(id)}`)).body;
    return !going.includes(String(body['status']));
  });
  await world.settle();
  return body;
}

async function stop(address: string, scope: 'all' | 'outreach'): Promise<void> {
  const created_at = new Date(world.clock.now());
  const row = {
    id: newId('sup', world.clock.now()),
    account_id: world.account.id,
    mode: 'test' as const,
    address,
    scope,
  };
  await world.core.db
    .insertInto('suppressions')
    .values({ ...row, channel: 'all', source: 'operator', reason: null, call_id: null, created_at })
    .execute();
}

/** A key of an account of its own, with a number. */
async function stranger(mode: Mode = 'test', number: string | null = SANDBOX_NUMBER) {
  const account = await createAccount(world.core, { name: `Account ${world.clock.now()}`, actor: 'test' });
  await pass(1);
  const of = { accountId: account.id, mode, actor: 'test' };
  if (number !== null) await addNumber(world.core, { ...of, number });
  return { of, key: (await createKey(world.core, of)).secret };
}

describe('POST /v1/calls', () => {
  test('answers with the documented fields', async () => {
    expect(await connect({ phone: PHONE, user: 'anna@example.com' })).toEqual({
      object: 'call',
      livemode: false,
      simulated: true,
      id: expect.stringMatching(/^call_test_[0-9a-z]{26}$/) as string,
      phone: PHONE,
      from: SANDBOX_NUMBER,
      status: 'queued',
      created: TIME,
    });
  });

  test.each([
    ['a user by id', () => ({ user: annaId }), SANDBOX_NUMBER],
    ['a user by name', () => ({ user: 'Anna' }), SANDBOX_NUMBER],
    ['a group by name', () => ({ group: 'sales' }), SANDBOX_NUMBER],
    ['from another number', () => ({ user: 'Anna', from: SECOND_NUMBER }), SECOND_NUMBER],
  ])('takes %s', async (_what, body, from) => {
    expect(await connect({ phone: PHONE, ...body() })).toMatchObject({ from, status: 'queued' });
  });

  const good = { phone: PHONE, user: 'Anna' };
  const refusals: [what: string, body: unknown, status: number, code: string, says: string][] = [
    ['no phone', { user: 'Anna' }, 400, 'invalid', 'phone'],
    ['a phone that is no number', { ...good, phone: '12125550100' }, 400, 'invalid', 'phone: Not an E.164 number'],
    ['a phone as a number', { ...good, phone: 12125550100 }, 400, 'invalid', 'phone'],
    ['an extension', { ...good, phone: '101' }, 400, 'invalid', 'phone'],
    ['a phone in another country', { ...good, phone: '+442071234567' }, 400, 'invalid', 'phone: Calls to'],
    ['a premium number', { ...good, phone: '+19005550100' }, 400, 'invalid', 'phone: Calls to'],
    ['an emergency number', { ...good, phone: '911' }, 400, 'invalid', 'phone'],
    ['neither user nor group', { phone: PHONE }, 400, 'invalid', 'user: Give either a user or a group'],
    ['both', { ...good, group: 'Sales' }, 400, 'invalid', 'user: Give either a user or a group'],
    ['an empty user', { phone: PHONE, user: '' }, 404, 'not_found', ''],
    ['an unknown user', { phone: PHONE, user: 'Zoe' }, 404, 'not_found', 'Zoe'],
    ['an unknown group', { phone: PHONE, group: 'Zoo' }, 404, 'not_found', 'Zoo'],
    ['a user of live data', { phone: PHONE, user: 'Carol' }, 404, 'not_found', 'Carol'],
    ['a user without a phone', { phone: PHONE, user: 'Nobody' }, 409, 'voice_not_live', 'Nobody has no phone'],
    ['a group of nobody', { phone: PHONE, group: 'Empty' }, 409, 'voice_not_live', 'Empty'],
    ['from a number that is not ours', { ...good, from: '+12125550199' }, 422, 'not_owned', 'from: +12125550199'],
    ['from that is no number', { ...good, from: '101' }, 400, 'invalid', 'from'],
    ['from null', { ...good, from: null }, 400, 'invalid', 'from'],
    ['an unknown field', { ...good, record: true }, 400, 'invalid', 'record'],
    ['a list', [good], 400, 'invalid', ''],
    ['half a body', '{"phone":', 400, 'invalid', ''],
  ];
  test.each(refusals)('refuses %s', async (_what, body, status, code, says) => {
    await refuses(() => ask('POST', '/calls', { body }), status, code, says);
  });

  test('refuses whom an explicit block protects, but calls who only opted out of announcements', async () => {
    const [blocked, optedOut] = ['+12125550177', '+12125550178'];
    await stop(blocked, 'all');
    await stop(optedOut, 'outreach');
    await refuses(() => ask('POST', '/calls', { body: { ...good, phone: blocked } }), 403, 'forbidden', 'opted out');
    await connect({ ...good, phone: optedOut });
  });

  test('refuses an account without a number', async () => {
    const { key } = await stranger('test', null);
    await refuses(() => ask('POST', '/calls', { key, body: good }), 409, 'voice_not_live', 'sidetone numbers add');
  });

  test('refuses where no trunk leads', async () => {
    const body = { phone: PHONE, user: 'Carol' };
    await refuses(
      () => ask('POST', '/calls', { key: world.keys.live, body }),
      422,
      'no_carrier',
      'sidetone trunks add',
    );
  });

  test('refuses what the balance does not pay for', async () => {
    const { of, key } = await stranger('live', '+13125550100');
    await addPhone(world.core, { ...of, name: '301', password: 'long enough' });
    await createUser(world.core, { ...of, name: 'Dora', phones: ['301'] });
    const sipHost = '127.0.0.1';
    const { accountId, actor } = of;
    await addTrunk(world.core, { accountId, name: 'carrier', uri: 'sip:127.0.0.1:5999', sipHost, actor });
    await setMetering(world.core, { accountId, metering: 'prepaid', actor });
    await setPrice(world.core, { accountId, unit: 'voice_minute', amount: '2', actor });
    const body = { phone: PHONE, user: 'Dora' };
    await refuses(() => ask('POST', '/calls', { key, body }), 402, 'insufficient_funds', PHONE);
  });

  test('sees no user of another account', async () => {
    const { key } = await stranger();
    await refuses(() => ask('POST', '/calls', { key, body: good }), 404, 'not_found', 'Anna');
  });

  test('does its work once for an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'connect once' };
    const before = await callsWritten();
    const first = await connect(good, { headers });
    expect(await connect(good, { headers })).toEqual(first);
    expect(await callsWritten()).toBe(before + 1);
  });
});

describe('one call', () => {
  test('tells who spoke with whom, and for how long', async () => {
    const { id } = await connect({ phone: '+15005550026', group: 'Sales' });
    expect(await ended(id)).toEqual({
      object: 'call',
      livemode: false,
      simulated: true,
      uid: id,
      type: 'out',
      status: 'completed',
      client: '+15005550026',
      diversion: SANDBOX_NUMBER,
      destination: '101',
      user: annaId,
      user_name: 'Anna',
      group_name: 'Sales',
      start: TIME,
      wait: 4,
      duration: 2,
    });
  });

  test.each([
    ['+15005550020', { user: 'Anna' }, 'busy', 'busy'],
    ['+15005550021', { user: 'Anna' }, 'missed', 'rejected'],
    ['+15005550022', { user: 'Anna' }, 'no-answer', 'ring_timeout'],
    ['+15005550023', { user: 'Anna' }, 'failed', 'unallocated'],
    [PHONE, { user: 'Ben' }, 'no-answer', 'nobody_picked_up'],
  ])('to %s for %j ends %s', async (phone, who, status, missedStatus) => {
    const { id } = await connect({ phone, ...who });
    const call = await ended(id);
    expect(call).toMatchObject({ status, missedStatus, duration: 0 });
    expect('destination' in call).toBe(missedStatus !== 'nobody_picked_up');
  });

  test('is ended by request, once', async () => {
    const { id } = await connect({ phone: PHONE, user: 'Anna' });
    await world.runUntil(
      'both speak',
      async () => (await ask('GET', `/calls/${String(id)}`)).body['status'] === 'answered',
    );
    const reply = await ask('POST', `/calls/${String(id)}/hangup`);
    expect(reply).toMatchObject({ status: 200, body: { object: 'call', id, status: 'answered' } });
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    await refuses(() => ask('POST', `/calls/${String(id)}/hangup`), 409, 'conflict', 'has ended');
  });

  test('that rings is ended as canceled', async () => {
    const { id } = await connect({ phone: PHONE, user: 'Ben' });
    await world.runUntil(
      'it rings',
      async () => (await ask('GET', `/calls/${String(id)}`)).body['status'] === 'dialing',
    );
    expect((await ask('POST', `/calls/${String(id)}/hangup`)).status).toBe(200);
    expect(await ended(id)).toMatchObject({ status: 'ended', missedStatus: 'canceled' });
  });

  test('is nobody else’s', async () => {
    const { id } = await connect({ phone: PHONE, user: 'Anna' });
    const { key } = await stranger();
    for (const other of [key, world.keys.live]) {
      await refuses(() => ask('GET', `/calls/${String(id)}`, { key: other }), 404, 'not_found', '');
      await refuses(() => ask('POST', `/calls/${String(id)}/hangup`, { key: other }), 404, 'not_found', '');
    }
    await refuses(() => ask('GET', '/calls/cal_none'), 404, 'not_found', 'cal_none');
  });

  test('is shown at the Outreach door, too', async () => {
    const { id } = await connect({ phone: '+15005550026', user: 'Anna' });
    await ended(id);
    const reply = await world.request('GET', `/api/v1/calls/${String(id).replace('call_test_', 'cal_')}`);
    expect(reply).toMatchObject({ status: 200, body: { status: 'completed', message: null, voice: null } });
  });
});

describe('GET /v1/calls', () => {
  test('lists calls of every kind, the newest first', async () => {
    const { of, key } = await stranger();
    await createUser(world.core, { ...of, name: 'Dora', phones: ['101'] });
    const message = { to: '+15005550020', from: SANDBOX_NUMBER, message: 'Hello.' };
    expect((await world.request('POST', '/api/v1/calls', { key, body: message })).status).toBe(201);
    await pass(1);
    await connect({ phone: '+15005550026', user: 'Dora' }, { key });
    await pass(60_000);
    await world.runUntil('both ends', async () => {
      const calls = world.core.db.selectFrom('calls').select('id').where('account_id', '=', of.accountId);
      return (await calls.where('ended_at', 'is', null).execute()).length === 0;
    });
    const { body } = await ask('GET', '/calls', { key });
    expect(body).toEqual({
      object: 'list',
      data: [
        expect.objectContaining({ object: 'call', client: '+15005550026', user_name: 'Dora', type: 'out' }),
        {
          object: 'call',
          livemode: false,
          simulated: true,
          uid: expect.stringMatching(/^call_test_/) as string,
          type: 'out',
          status: 'busy',
          client: '+15005550020',
          diversion: SANDBOX_NUMBER,
          start: TIME,
          wait: 2,
          duration: 0,
          missedStatus: 'busy',
        },
      ],
    });
    expect((await ask('GET', '/calls?limit=1', { key })).body['data']).toHaveLength(1);
    expect((await ask('GET', '/calls')).body['data']).not.toContainEqual(
      expect.objectContaining({ user_name: 'Dora' }),
    );
  });

  test('says where a recording is', async () => {
    const body = { to: '+15005550001', from: SANDBOX_NUMBER, message: 'Hello.', record: true };
    const { body: placed } = await world.request('POST', '/api/v1/calls', { body });
    const call = await ended(placed['call_id']);
    expect(call['record']).toBe(`http://127.0.0.1:8080/api/v1/calls/${String(placed['call_id'])}/recording`);
  });

  test.each([
    ['today', 1],
    ['yesterday', 0],
    ['week', 2],
    ['month', 3],
    ['year', 4],
    ['', 3],
  ])('of the period %j', async (period, count) => {
    const { of, key } = await stranger();
    await createUser(world.core, { ...of, name: 'Dora', phones: ['101'] });
    const day = 86_400_000;
    for (const daysAgo of [0, 3, 20, 200, 500]) {
      await connect({ phone: '+15005550020', user: 'Dora' }, { key });
      const newest = world.core.db.selectFrom('calls').select('id').orderBy('id', 'desc').limit(1);
      const created_at = new Date(world.clock.now() - daysAgo * day);
      await world.core.db.updateTable('calls').set({ created_at }).where('id', '=', newest).execute();
      await pass(1);
    }
    const { status, body } = await ask('GET', `/calls${period === '' ? '' : `?period=${period}`}`, { key });
    expect(status).toBe(200);
    expect(body['data']).toHaveLength(count);
  });

  test('of dates, with both ends', async () => {
    const today = new Date(world.clock.now()).toISOString().slice(0, 10);
    const listed = async (period: string) => ((await ask('GET', `/calls?period=${period}`)).body['data'] as []).length;
    expect(await listed(`${today},${today}`)).toBeGreaterThan(0);
    expect(await listed('2020-01-01,2020-12-31')).toBe(0);
  });

  test.each([
    ['period=decade', 'period'],
    ['period=2026-03-01', 'period'],
    ['period=2026-02-30,2026-03-01', 'period'],
    ['period=2026-03-02,2026-03-01', 'period'],
    ['period=toString', 'period'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=x', 'limit'],
    ['page=2', 'page'],
  ])('refuses %s', async (query, says) => {
    await refuses(() => ask('GET', `/calls?${query}`), 400, 'invalid', says);
  });
});

test.each([
  ['POST', '/calls', 'calls:write'],
  ['GET', '/calls', 'calls:read'],
  ['GET', '/calls/cal_none', 'calls:read'],
  ['POST', '/calls/cal_none/hangup', 'calls:write'],
])('%s %s needs a key with %s', async (method, path, scope) => {
  const body = method === 'POST' && path === '/calls' ? { body: { phone: PHONE, user: 'Anna' } } : {};
  await refuses(() => ask(method, path, { ...body, key: null }), 401, 'unauthorized', '');
  const weak = scope === 'calls:write' ? 'calls:read' : 'calls:write';
  const input = { accountId: world.account.id, mode: 'test' as const, scopes: [weak], actor: 'test' };
  const { secret: key } = await createKey(world.core, input);
  await refuses(() => ask(method, path, { ...body, key }), 403, 'forbidden', scope);
});
