import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HttpServer } from '#apis/http/index.js';
import { createAccount, setLimit } from '#core/accounts/index.js';
import { createHttpWorld, thingDoor, type HttpWorld } from './http-world.js';

let world: HttpWorld;
let server: HttpServer;
let key: string;

beforeAll(async () => {
  world = await createHttpWorld();
  server = await world.serve({ doors: [thingDoor()] });
  key = await world.key();
});
afterAll(() => world.close());

async function get(asking = key) {
  const reply = await server.app.inject({
    url: '/api/things/v1/things',
    headers: { authorization: `Bearer ${asking}` },
  });
  const { ratelimit, 'ratelimit-policy': policy, 'retry-after': retryAfter } = reply.headers;
  return { status: reply.statusCode, ratelimit, policy, retryAfter };
}

it('says what is left on every reply', async () => {
  const first = await get();
  expect(first).toEqual({
    status: 200,
    policy: '"default";q=120;w=60',
    ratelimit: '"default";r=119;t=60',
    retryAfter: undefined,
  });
  world.clock.advance(20_500);
  expect((await get()).ratelimit).toBe('"default";r=118;t=40');
});

it('admits exactly as many as the limit in any 60 s, over all keys of the account', async () => {
  world.clock.advance(60_000);
  const second = await world.key();
  for (let sent = 0; sent < 60; sent++) {
    expect((await get()).status).toBe(200);
    expect((await get(second)).status).toBe(200);
    world.clock.advance(500);
  }
  // Half a minute has gone by, the first two leave in another half.
  expect(await get()).toEqual({
    status: 429,
    policy: '"default";q=120;w=60',
    ratelimit: '"default";r=0;t=30',
    retryAfter: '30',
  });
  world.clock.advance(29_999);
  expect((await get()).status).toBe(429);
  world.clock.advance(1);
  expect([(await get()).status, (await get()).status, (await get()).status]).toEqual([200, 200, 429]);
});

it('follows the limit of the account at once, and leaves other accounts alone', async () => {
  world.clock.advance(60_000);
  const admin = { ...world.core, keyRing: world.keyRing };
  const other = await createAccount(world.core, { name: 'Other', actor: 'test' });
  const otherKey = await world.key({ accountId: other.id });
  const set = (value: number | null) =>
    setLimit(admin, { accountId: world.account.id, name: 'phone_system_requests_per_minute', value, actor: 'test' });
  await get();
  await get();
  await get();
  await set(2);
  expect(await get()).toMatchObject({ status: 429, policy: '"default";q=2;w=60' });
  expect((await get(otherKey)).ratelimit).toBe('"default";r=119;t=60');
  await set(null);
  expect((await get()).ratelimit).toBe('"default";r=116;t=60');
});

it('counts nothing for those without a key', async () => {
  world.clock.advance(60_000);
  const stranger = await get('st_live_nonsense');
  expect(stranger).toMatchObject({ status: 401, ratelimit: undefined });
  expect((await get()).ratelimit).toBe('"default";r=119;t=60');
});
