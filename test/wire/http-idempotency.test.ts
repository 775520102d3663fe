import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { purgeKeptReplies, type HttpServer } from '#apis/http/index.js';
import { createAccount } from '#core/accounts/index.js';
import { createHttpWorld, thingDoor, type HttpWorld, type ThingHooks } from './http-world.js';

let world: HttpWorld;
let server: HttpServer;
let key: string;
const hooks: ThingHooks = {};
const THINGS = '/api/things/v1/things';
let count = 0;

beforeAll(async () => {
  world = await createHttpWorld();
  server = await world.serve({ doors: [thingDoor(hooks)] });
  key = await world.key();
});
afterEach(() => {
  delete hooks.whileAdding;
  delete hooks.settle;
});
afterAll(() => world.close());

const freshKey = () => `key-${++count}`;

async function post(
  idempotencyKey: string | undefined,
  body: object | undefined,
  options: { url?: string; key?: string } = {},
) {
  world.clock.advance(1000);
  const reply = await server.app.inject({
    method: 'POST',
    url: options.url ?? THINGS,
    headers: {
      authorization: `Bearer ${options.key ?? key}`,
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: reply.statusCode, text: reply.body, replayed: reply.headers['idempotency-replayed'] };
}

async function rows(name: string): Promise<number> {
  const found = await world.core.db
    .selectFrom('numbers')
    .select('number')
    .where('number', 'like', `${name}-%`)
    .execute();
  return found.length;
}

it('does it once and gives the same reply again', async () => {
  const again = freshKey();
  const first = await post(again, { name: 'once' });
  const second = await post(again, { name: 'once' });
  expect(first).toEqual({ status: 201, text: '{"name":"once","mode":"live"}', replayed: undefined });
  expect(second).toEqual({ ...first, replayed: 'true' });
  expect(await rows('once')).toBe(1);
});

it('does it every time without a key', async () => {
  await post(undefined, { name: 'often' });
  await post(undefined, { name: 'often' });
  expect(await rows('often')).toBe(2);
});

it('refuses the same key for another request: another body, another path', async () => {
  const used = freshKey();
  await post(used, { name: 'first' });
  const other = await post(used, { name: 'second' });
  expect([other.status, other.text]).toEqual([400, expect.stringContaining('other_request')]);
  expect(await rows('second')).toBe(0);

  await post(used, undefined, { url: `${THINGS}/a/touch` });
  expect((await post(used, undefined, { url: `${THINGS}/b/touch` })).status).toBe(400);
});

it('keeps accounts, modes and routes apart', async () => {
  const shared = freshKey();
  const other = await createAccount(world.core, { name: 'Other', actor: 'test' });
  await post(shared, { name: 'apart' });
  const replies = [
    await post(shared, { name: 'apart' }, { key: await world.key({ mode: 'test' }) }),
    await post(shared, { name: 'apart' }, { key: await world.key({ accountId: other.id }) }),
    await post(shared, undefined, { url: '/api/things/v1/secrets' }),
  ];
  expect(replies.map(({ replayed }) => replayed)).toEqual([undefined, undefined, undefined]);
  expect(await rows('apart')).toBe(3);
});

it('answers 409 while the first is being worked on', async () => {
  const busy = freshKey();
  let enter: () => void = () => undefined;
  let leave: () => void = () => undefined;
  const entered = new Promise<void>((resolve) => (enter = resolve));
  const left = new Promise<void>((resolve) => (leave = resolve));
  hooks.whileAdding = async () => {
    enter();
    await left;
  };
  const first = post(busy, { name: 'slow' });
  await entered;
  const second = await post(busy, { name: 'slow' });
  expect([second.status, second.text]).toEqual([409, expect.stringContaining('idempotency_in_flight')]);
  leave();
  expect((await first).status).toBe(201);
  expect((await post(busy, { name: 'slow' })).replayed).toBe('true');
  expect(await rows('slow')).toBe(1);
});

it('makes one row of twenty at the same time', async () => {
  const same = freshKey();
  const replies = await Promise.all(Array.from({ length: 20 }, () => post(same, { name: 'crowd' })));
  expect(new Set(replies.map(({ status }) => status))).toSatisfy((seen: Set<number>) =>
    [...seen].every((status) => status === 201 || status === 409),
  );
  expect(replies.filter(({ status, replayed }) => status === 201 && replayed === undefined)).toHaveLength(1);
  expect(await rows('crowd')).toBe(1);
});

it('replays to a client whose connection broke after the commit', async () => {
  const lost = freshKey();
  const { port } = await server.listen();
  hooks.settle = async () => server.app.server.closeAllConnections();
  const request = () =>
    fetch(`http://127.0.0.1:${port}${THINGS}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'idempotency-key': lost },
      body: JSON.stringify({ name: 'lost' }),
    });
  await expect(request()).rejects.toThrow();
  delete hooks.settle;
  const second = await request();
  expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
  expect(await rows('lost')).toBe(1);
});

it('leaves nothing behind when the connection to the database dies in the middle', async () => {
  const dead = freshKey();
  hooks.whileAdding = async () => {
    await world.storage.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction'`);
  };
  expect((await post(dead, { name: 'killed' })).status).toBe(503);
  expect(await rows('killed')).toBe(0);
  delete hooks.whileAdding;
  expect((await post(dead, { name: 'killed' })).status).toBe(201);
  expect(await rows('killed')).toBe(1);
});

it('keeps a refusal, and undoes what was written before it', async () => {
  const refused = freshKey();
  const first = await post(refused, { name: 'taken' });
  expect(first).toMatchObject({ status: 409, replayed: undefined });
  expect(first.text).toContain('thing_taken');
  expect(await rows('taken')).toBe(0);
  expect(await post(refused, { name: 'taken' })).toEqual({ ...first, replayed: 'true' });
});

it.each([
  ['what broke on our side', 'broken', 500],
  ['429', 'busy', 429],
])('does not keep %s', async (_name, name, status) => {
  const unkept = freshKey();
  expect((await post(unkept, { name })).status).toBe(status);
  expect(await rows(name)).toBe(0);
  const again = await post(unkept, { name });
  expect([again.status, again.replayed]).toEqual([status, undefined]);
});

it('does not keep what was refused before the work', async () => {
  const early = freshKey();
  expect((await post(early, { nmae: 'x' })).status).toBe(400);
  expect((await post(early, { name: 'early' })).status).toBe(201);
});

it('wakes after the commit only, and not for a reply that is repeated', async () => {
  const woken = freshKey();
  const seen: string[] = [];
  world.woken.length = 0;
  hooks.whileAdding = async () => void seen.push(`working, woken ${world.woken.length}`);
  await post(woken, { name: 'woken' });
  await post(woken, { name: 'woken' });
  expect(seen).toEqual(['working, woken 0']);
  expect(world.woken).toEqual(['calls']);
});

it('keeps what holds a secret encrypted', async () => {
  const sealed = freshKey();
  const url = '/api/things/v1/secrets';
  const first = await post(sealed, undefined, { url });
  expect(first.text).toContain('s3cret');
  const kept = await world.core.db
    .selectFrom('idempotency_keys')
    .select('reply')
    .where('key', '=', sealed)
    .executeTakeFirstOrThrow();
  expect(kept.reply).not.toContain('s3cret');
  expect(Buffer.from(kept.reply, 'base64').toString('latin1')).not.toContain('s3cret');
  expect(await post(sealed, undefined, { url })).toEqual({ ...first, replayed: 'true' });
});

it('forgets after a day', async () => {
  const old = freshKey();
  await post(old, { name: 'yesterday' });
  world.clock.advance(24 * 3_600_000 - 10_000);
  expect((await post(old, { name: 'yesterday' })).replayed).toBe('true');
  world.clock.advance(10_000);
  expect((await post(old, { name: 'yesterday' })).replayed).toBeUndefined();
  expect((await post(old, { name: 'yesterday' })).replayed).toBe('true');
  expect(await rows('yesterday')).toBe(2);

  expect(await purgeKeptReplies(world.core)).toBeGreaterThan(10);
  const left = await world.core.db.selectFrom('idempotency_keys').select('key').execute();
  expect(left).toEqual([{ key: old }]);
});
