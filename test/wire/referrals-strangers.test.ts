import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey, revokeKey } from '#core/accounts/index.js';
import {
  describedOperations,
  openFullShop,
  prefixOf,
  QUERIES,
  SECRETS,
  type Described,
  type FullShop,
} from '../full-shop.js';
import type { HeldClock } from '../held-clock.js';
import { describedReplies, openShop, SHOP_API } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

/**
 * Every operation of the Referrals API, asked by everybody who must not. They are those of the OpenAPI document, so that none
 * can be forgotten: a new one whose path names a thing fails here until a full shop has that thing.
 */
let world: World;
let shop: FullShop;
let operations: Described[];
/** All that is written down, before anybody asked. */
let before: Record<string, unknown[]>;
const keys: Record<string, string | null> = {};

const SITE = '?site_slug=full';

beforeAll(async () => {
  world = await openWorld();
  shop = await openFullShop(world);
  const { core, account } = world;
  const other = await createAccount(core, { name: 'Another account', actor: 'test' });
  const ofOurs = { accountId: account.id, mode: 'test', actor: 'test' } as const;
  keys['no key'] = null;
  keys['a key that is none'] = `st_test_${'0'.repeat(43)}`;
  const revoked = await createKey(core, { ...ofOurs, siteId: shop.site.test.id });
  await revokeKey(core, { accountId: account.id, keyId: revoked.key.id, actor: 'test' });
  keys['a key that was ended'] = revoked.secret;
  const expiresAt = new Date(world.clock.now() + 1000);
  keys['a key that has expired'] = (await createKey(core, { ...ofOurs, expiresAt })).secret;
  keys['a key of other scopes'] = (
    await createKey(core, { ...ofOurs, scopes: ['contacts:write', 'calls:read'] })
  ).secret;
  keys['a key that may only read'] = (await createKey(core, { ...ofOurs, scopes: ['referrals:read'] })).secret;
  keys['a key that may only write'] = (await createKey(core, { ...ofOurs, scopes: ['referrals:write'] })).secret;
  keys['another account'] = (await createKey(core, { accountId: other.id, mode: 'test', actor: 'test' })).secret;
  keys['the other mode of the site'] = shop.keys.live;
  keys['another site of the account'] = (await openShop(world, { slug: 'other' })).keys.test;
  operations = await describedOperations(world);
  before = await everything();
});
afterAll(() => world.close());

beforeEach(() => {
  // These tables are not about limits.
  (world.clock as HeldClock).advance(60_000);
});

async function ask({ method, path, example }: Described, key: string | null, query: string): Promise<Reply> {
  const address = `${shop.addressOf(path)}${query}`;
  // Whoever may not upload is told so before the form is read.
  const body = example === undefined ? (method === 'GET' || method === 'DELETE' ? undefined : {}) : example;
  const reply = await world.request(method, `${SHOP_API}${address}`, { key, ...(body === undefined ? {} : { body }) });
  (await describedReplies(world)).check(method, `${SHOP_API}${address}`, reply);
  return reply;
}

/** Every row of a site that requests could change. */
async function everything(): Promise<Record<string, unknown[]>> {
  const { db } = world.core;
  const [at, test] = ['site_id', shop.site.test.id] as const;
  const tables = [
    ...(['site_people', 'origins', 'offers', 'shares', 'referrals', 'rewards', 'coupons', 'coupon_lists'] as const),
    ...(['assets', 'visitors', 'loyalty_members', 'referral_campaigns', 'origin_batches'] as const),
  ];
  const rows: Record<string, unknown[]> = {};
  for (const table of tables) rows[table] = await db.selectFrom(table).selectAll().where(at, '=', test).execute();
  rows['webhook_endpoints'] = await db.selectFrom('webhook_endpoints').selectAll().execute();
  rows['sites'] = await db.selectFrom('sites').selectAll().where('id', '=', test).execute();
  for (const table of Object.values(rows))
    table.sort((one, two) => (JSON.stringify(one) < JSON.stringify(two) ? -1 : 1));
  return rows;
}

function isRefusal({ body }: Reply): boolean {
  return body['ok'] === false && typeof body['error_message'] === 'string' && Object.keys(body).length === 2;
}

function tellsSomething({ raw }: Reply): boolean {
  return Object.values(SECRETS).some((secret) => raw.includes(secret));
}

/** Of every operation by one key, those whose answer is not this one. */
async function wrongly(who: string, status: number, query: string, some = operations): Promise<string[]> {
  const wrong: string[] = [];
  for (const operation of some) {
    const reply = await ask(operation, keys[who] ?? null, query);
    if (reply.status === status && isRefusal(reply) && !tellsSomething(reply)) continue;
    wrong.push(`${operation.name}: ${reply.status} ${reply.raw.toString()}`);
  }
  return wrong;
}

const writing = () => operations.filter(({ scope }) => scope === 'referrals:write');
const reading = () => operations.filter(({ scope }) => scope === 'referrals:read');

test('there is one of everything that a path names', () => {
  const named = new Set(operations.filter(({ path }) => path.includes('/{')).map(({ path }) => prefixOf(path)));
  expect([...named].filter((prefix) => !(prefix in shop.places))).toEqual([]);
  expect(writing().filter(({ method }) => method === 'GET')).toEqual([]);
  expect(reading().filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('whose it is sees it', async () => {
  for (const operation of reading()) {
    const reply = await ask(operation, shop.keys.test, QUERIES[operation.path] ?? '');
    expect([operation.name, reply.status]).toEqual([operation.name, 200]);
  }
});

test.each(['no key', 'a key that is none', 'a key that was ended', 'a key that has expired'])(
  '%s: 401 everywhere',
  async (who) => {
    expect(await wrongly(who, 401, SITE)).toEqual([]);
  },
);

test('a key of other scopes: 403 everywhere', async () => {
  expect(await wrongly('a key of other scopes', 403, SITE)).toEqual([]);
});

test('a key that may only read changes nothing, and one that may only write reads nothing', async () => {
  expect(await wrongly('a key that may only read', 403, SITE, writing())).toEqual([]);
  expect(await wrongly('a key that may only write', 403, SITE, reading())).toEqual([]);
});

describe.each(['another account', 'another site of the account'])('%s', (who) => {
  test('has no such site', async () => {
    const some = operations.filter(({ name }) => name !== 'POST /assets');
    const wrong = [];
    for (const operation of some) {
      const { path, name } = operation;
      const reply = await ask(operation, keys[who] ?? null, withSite(QUERIES[path]));
      const body = { ok: false, error_message: 'No site found by `site_slug`.' };
      if (reply.status === 404 && JSON.stringify(reply.body) === JSON.stringify(body)) continue;
      wrong.push(`${name}: ${reply.status} ${reply.raw.toString()}`);
    }
    expect(wrong).toEqual([]);
    const upload = await shop.upload('theirs.png', undefined, { authorization: `Bearer ${keys[who]}` });
    // By a key of another site the upload is that site's own.
    expect(upload.status).toBe(who === 'another account' ? 404 : 201);
  });
});

describe.each(['the other mode of the site', 'another site of the account'])('%s', (who) => {
  /** By its word of its own, which is the same for every site that is made so, or for every one that there is. */
  const COMMON = new Set(['/manage/campaigns', '/metrics']);
  /** A code that is none of the site's is told to be none, and whoever wants no letters is believed. */
  const TOLD = new Set(['GET /coupons/{code}', 'GET /coupons/{code}/permission/{person_slug}']);

  test('is told of nothing that it is there', async () => {
    const wrong = [];
    const named = operations.filter(({ path }) => path.includes('/{') && !COMMON.has(prefixOf(path)));
    // These write of an address in the site of the key, whoever has it elsewhere.
    const own = new Set(['POST /people/{person_slug}/unsubscribe', 'PUT /people/{person_slug}']);
    for (const operation of named.filter(({ name }) => !own.has(name))) {
      const reply = await ask(operation, keys[who] ?? null, QUERIES[operation.path] ?? '');
      const right = TOLD.has(operation.name)
        ? reply.status === 200 && (reply.body['result'] as { talkable_coupon: boolean }).talkable_coupon === false
        : reply.status === 404 && isRefusal(reply);
      if (!right || tellsSomething(reply)) wrong.push(`${operation.name}: ${reply.status} ${reply.raw.toString()}`);
    }
    expect(wrong).toEqual([]);
  });

  test('sees nothing of it in any list', async () => {
    const lists = reading().filter(({ path }) => !path.includes('/{') || COMMON.has(prefixOf(path)));
    for (const operation of lists) {
      const reply = await ask(operation, keys[who] ?? null, QUERIES[operation.path] ?? '');
      expect([operation.name, reply.status, tellsSomething(reply)]).toEqual([operation.name, 200, false]);
    }
  });
});

test('all of it is there still, as it was', async () => {
  expect(await everything()).toEqual(before);
});

function withSite(query = ''): string {
  return query === '' ? SITE : `${query}&${SITE.slice(1)}`;
}
