import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { LINK_SECONDS } from '#core/signed-links.js';
import { HeldClock } from '../held-clock.js';
import { addPastCalls } from '../past-calls.js';
import { openWorld, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response, for the history of calls. */
let world: World;
let ids: string[];
let start: number;
beforeAll(async () => {
  world = await openWorld();
  start = Math.floor(world.clock.now() / 1000) * 1000 - 86_400_000;
  ids = await addPastCalls(world.core, world.account.id, [
    { at: start, theirs: '+13055550111', seconds: 42, callerName: 'Anna' },
    { at: start + 60_000, direction: 'out', theirs: '+13055550112', seconds: 0 },
    { at: start + 120_000, theirs: 'anonymous', result: 'hangup' },
    { at: start + 180_000, ours: '+15005550124', theirs: '+13055550111', seconds: 7 },
  ]);
  await addPastCalls(world.core, world.account.id, [
    { at: start + 5000, open: true },
    { at: start + 6000, purpose: 'internal_leg' },
    { at: start + 7000, purpose: 'transactional' },
  ]);
  await sql`insert into call_steps (call_id, position, type, description, at) values
    (${ids[0]}, 0, 'virtual_number', 'Called +15005550123', ${new Date(start)}),
    (${ids[0]}, 1, 'answered', 'Anna (101) answered', ${new Date(start + 4000)})`.execute(world.core.db);
});
afterAll(() => world.close());

async function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  // These tables are not about limits.
  if (world.clock instanceof HeldClock) world.clock.advance(1000);
  return world.request(method, `/api/v2${path}`, options);
}

const found = async (query: string, options: RequestOptions = {}): Promise<number[]> => {
  const reply = await ask('GET', `/call-history${query}`, options);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return (reply.body['data'] as { id: string }[]).map(({ id }) => ids.indexOf(id));
};
const micro = (at: number): string => new Date(at).toISOString().replace('Z', '000Z');
const stamp = (at: number): string => encodeURIComponent(new Date(at).toISOString().replace('.000Z', '+00:00'));

test('a record in the documented form', async () => {
  const reply = await ask('GET', `/call-history/${ids[0] ?? ''}`);
  expect(reply.body).toEqual({
    data: {
      id: ids[0],
      direction: 'inbound',
      callDate: micro(start),
      externalName: 'Anna',
      externalNumber: '+13055550111',
      callerVerification: null,
      callerIdentity: null,
      phoneNumber: '+15005550123',
      duration: 42,
      recorded: false,
      recording: null,
      result: 'answered',
      events: [
        {
          id: `${ids[0] ?? ''}-0`,
          type: 'virtual_number',
          description: 'Called +15005550123',
          createdAt: micro(start),
        },
        {
          id: `${ids[0] ?? ''}-1`,
          type: 'answered',
          description: 'Anna (101) answered',
          createdAt: micro(start + 4000),
        },
      ],
      updatedAt: micro(start + 42_000),
    },
  });
  const named = await ask('GET', `/call-history/${ids[1] ?? ''}`);
  expect(named.body).toMatchObject({
    data: { direction: 'outbound', externalName: '+13055550112', externalNumber: '+13055550112', duration: 0 },
  });
});

test.each([
  ['', [3, 2, 1, 0]],
  ['?direction=inbound', [3, 2, 0]],
  ['?direction=outbound', [1]],
  ['?result=hangup', [2]],
  ['?result=answered&direction=inbound', [3, 0]],
  ['?number=%2B13055550111', [3, 0]],
  ['?number=13055550111', [3, 0]],
  ['?number=anonymous', [2]],
  ['?phoneNumber=%2B15005550124', [3]],
  ['?minDuration=8', [0]],
  ['?maxDuration=7', [3, 2, 1]],
  ['?minDuration=1&maxDuration=7&direction=inbound', [3]],
  ['?page=2&pageSize=3', [0]],
  ['?page=3&pageSize=3', []],
  ['?userId=usr_nobody', []],
])('/call-history%s', async (query, expected) => {
  expect(await found(query)).toEqual(expected);
});

test('periods: the first moment is in them, the last is not', async () => {
  expect(await found(`?after=${stamp(start + 60_000)}&before=${stamp(start + 180_000)}`)).toEqual([2, 1]);
  expect(await found(`?after=${stamp(start + 180_000)}`)).toEqual([3]);
  // A plus that was not escaped, as many clients send it.
  const plain = new Date(start + 60_000).toISOString().replace('.000Z', '+00:00');
  expect(await found(`?before=${plain}`)).toEqual([0]);
  expect(await found(`?updatedAfter=${stamp(start + 42_000)}`)).toEqual([0, 1, 2, 3]);
});

test('the envelope', async () => {
  const { body } = await ask('GET', '/call-history?pageSize=2&direction=inbound');
  const url = (page: number): string =>
    `http://127.0.0.1:8080/api/v2/call-history?pageSize=2&direction=inbound&page=${page}`;
  expect(body['pagination']).toEqual({
    count: 2,
    currentPage: 1,
    firstPageUrl: url(1),
    from: 1,
    lastPageUrl: url(2),
    nextPageUrl: url(2),
    path: 'http://127.0.0.1:8080/api/v2/call-history',
    perPage: 2,
    prevPageUrl: null,
    to: 2,
    total: 3,
    totalPages: 2,
  });
});

test.each([
  ['direction=both', 'direction'],
  ['result=busy', 'result'],
  ['after=2026-09-20', 'after'],
  ['before=yesterday', 'before'],
  ['updatedAfter=1', 'updatedAfter'],
  ['number=anna', 'number'],
  ['minDuration=-1', 'minDuration'],
  ['maxDuration=x', 'maxDuration'],
  ['pageSize=0', 'pageSize'],
  ['from=x', 'from'],
])('/call-history?%s is refused', async (query, field) => {
  expect(await ask('GET', `/call-history?${query}`)).toMatchObject({
    status: 422,
    body: { message: expect.any(String) as string, errors: { [field]: [expect.any(String)] } },
  });
});

test('a period without its feature is 402, plain pages are not', async () => {
  await sql`insert into plans (id, name, display_name, monthly_price, features)
    values (91, 'small', 'Small', 0, '{"voice": null}')`.execute(world.core.db);
  const plan = (id: number | null) =>
    world.core.db.updateTable('accounts').set({ plan_id: id }).where('id', '=', world.account.id).execute();
  await plan(91);
  try {
    expect((await ask('GET', `/call-history?after=${stamp(start)}`)).status).toBe(402);
    expect((await ask('GET', `/call-history?before=${stamp(start)}`)).status).toBe(402);
    expect(await found('')).toHaveLength(4);
  } finally {
    await plan(null);
  }
});

describe('a key of a user', () => {
  test('has the calls that reached them, and no others', async () => {
    const { db, clock } = world.core;
    const at = new Date(clock.now());
    const accountId = world.account.id;
    await db
      .insertInto('users')
      .values({
        ...{ id: 'usr_anna', account_id: accountId, mode: 'test', name: 'Anna', email: null, role: 'member' },
        ...{ phones: [], created_at: at, updated_at: at },
      })
      .execute();
    await db
      .insertInto('call_users')
      .values({ user_id: 'usr_anna', call_id: ids[3] ?? '' })
      .execute();
    const { secret: key } = await createKey(world.core, {
      accountId,
      mode: 'test',
      userId: 'usr_anna',
      actor: 'test',
    });
    expect(await found('', { key })).toEqual([3]);
    expect(await found('?userId=usr_anna')).toEqual([3]);
    expect((await ask('GET', '/call-history?userId=usr_ben', { key })).status).toBe(403);
    expect((await ask('GET', `/call-history/${ids[3] ?? ''}`, { key })).status).toBe(200);
    expect((await ask('GET', `/call-history/${ids[0] ?? ''}`, { key })).status).toBe(404);
    expect((await ask('DELETE', `/call-history/${ids[3] ?? ''}`, { key })).status).toBe(403);
  });
});

test('nothing is seen by others, nor with the other kind of key', async () => {
  const other = await createAccount(world.core, { name: 'Others', actor: 'test' });
  const { secret } = await createKey(world.core, { accountId: other.id, mode: 'test', actor: 'test' });
  for (const key of [secret, world.keys.live]) {
    expect(await found('', { key })).toEqual([]);
    expect((await ask('GET', `/call-history/${ids[0] ?? ''}`, { key })).status).toBe(404);
    expect((await ask('DELETE', `/call-history/${ids[0] ?? ''}`, { key })).status).toBe(404);
  }
});

describe('a recording', () => {
  test('is fetched by its link, which ends with it', async () => {
    const { core, account } = world;
    const call = ids[0] ?? '';
    const file = `${account.id}/rec_1.wav`;
    const bytes = await core.recordings.write(file, new Int16Array(8000).fill(500));
    await core.db
      .insertInto('recordings')
      .values({
        ...{ id: 'rec_1', account_id: account.id, mode: 'test', call_id: call, file, bytes, duration_ms: 1000 },
        ...{ created_at: new Date(), deleted_at: null },
      })
      .execute();
    const recording = async (): Promise<string> => {
      const { body } = await ask('GET', `/call-history/${call}`);
      const { recorded, recording: url } = body['data'] as { recorded: boolean; recording: string };
      expect(recorded).toBe(true);
      return new URL(url).pathname;
    };
    const link = await recording();
    const whole = await world.request('GET', link, { key: null });
    expect({ status: whole.status, type: whole.headers['content-type'] }).toEqual({ status: 200, type: 'audio/wav' });
    expect(whole.raw.length).toBe(bytes);
    const part = await world.request('GET', link, { key: null, headers: { range: 'bytes=0-3' } });
    expect({ status: part.status, body: part.raw.toString() }).toEqual({ status: 206, body: 'RIFF' });
    expect((await world.request('GET', link.replace('/audio/', '/audio/x'), { key: null })).status).toBe(404);
    expect((await world.request('GET', '/api/v2/audio/x.wav', { key: null })).status).toBe(404);

    if (world.clock instanceof HeldClock) world.clock.advance((LINK_SECONDS + 2) * 1000);
    expect((await world.request('GET', link, { key: null })).status).toBe(404);
    const fresh = await recording();
    expect((await ask('DELETE', `/call-history/${call}/recording`)).status).toBe(204);
    expect((await world.request('GET', fresh, { key: null })).status).toBe(404);
    expect((await ask('GET', `/call-history/${call}`)).body).toMatchObject({
      data: { recorded: false, recording: null },
    });
    expect((await ask('DELETE', `/call-history/${call}/recording`)).status).toBe(404);
  });
});

test('a call that is deleted is gone for good, and told as such to those who keep a copy', async () => {
  const call = ids[1] ?? '';
  const before = stamp(Math.floor(world.clock.now() / 1000) * 1000);
  expect((await ask('DELETE', `/call-history/${call}`)).status).toBe(204);
  expect((await ask('DELETE', `/call-history/${call}`)).status).toBe(404);
  expect(await found('')).toEqual([3, 2, 0]);
  (world.clock as HeldClock).advance(20_000);
  const deleted = await ask('GET', `/deleted?kind=call&after=${before}`);
  expect(deleted.body['data']).toEqual([{ id: call, kind: 'call', deletedAt: expect.any(String) as string }]);
  expect((await ask('GET', '/deleted?kind=call', { key: world.keys.live })).body).toMatchObject({ data: [] });
  expect((await ask('GET', '/deleted?kind=fax')).status).toBe(422);
  expect((await ask('GET', '/deleted')).status).toBe(422);
  const audited = await world.core.db
    .selectFrom('audit_log')
    .select('subject')
    .where('action', '=', 'call.delete')
    .execute();
  expect(audited).toEqual([{ subject: call }]);
});
