/** A site full of data is removed with all of it; its neighbour keeps what it has. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeSite } from '#core/site-removal/index.js';
import { fileForm } from '../form.js';
import { openLoyalty } from '../loyalty.js';
import { advocateOf, buys } from '../referral-rows.js';
import { openShop, SHOP_API, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

const VISITOR = '6f1d3c1e-2a57-4f0e-9d5c-0d2f6a1b7c11';
let world: World;
let shop: Shop;
let neighbour: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world, { campaign: { approvalDelay: 0 } });
  neighbour = await openShop(world, { slug: 'neighbour', campaign: { approvalDelay: 0 } });
});
afterAll(() => world.close());

const SITES_TABLES = sql<{ table_name: string }>`
  select table_name from information_schema.columns where table_schema = 'public' and column_name = 'site_id'`;

/** How many rows each table has of the test half of a site. */
async function rowsOf(at: Shop): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  for (const { table_name: table } of (await SITES_TABLES.execute(world.core.db)).rows) {
    const counted = await sql<{ n: number }>`
      select count(*)::int as n from ${sql.table(table)} where site_id = ${at.site.test.id}`.execute(world.core.db);
    rows[table] = counted.rows[0]?.n ?? 0;
  }
  return rows;
}

async function fill(at: Shop): Promise<string> {
  const { db } = world.core;
  const site_id = at.site.test.id;
  const { batches } = await openLoyalty(world, at);
  await at.ask('POST', '/manage/webhook_endpoints', { url: 'https://shop.example/hook', events: ['event_web_hook'] });
  const { code, offerId } = await advocateOf(at, 'ann@one.example', { uuid: VISITOR });
  await at.ask('POST', `/offers/${code}/shares/email`, { recipients: 'bob@two.example' });
  const shared = await at.ask('POST', `/offers/${code}/shares/social`, { channel: 'facebook' });
  const { share } = shared.body['result'] as { share: { short_url: string } };
  const came = await world.request('GET', new URL(share.short_url).pathname, {
    ...{ key: null, headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' } },
  });
  const coupon = new URL(String(came.headers['location'])).searchParams.get('coupon') ?? '';
  expect((await buys(at, 'bob@two.example', 'order-1', { coupon_codes: [coupon] })).status).toBe(201);
  // Approved before they are a member, in both shops.
  await world.settle();
  await at.ask('POST', '/loyalty/members', { data: { email: 'ann@one.example' } });
  await buys(at, 'ann@one.example', 'order-2', { subtotal: 500 });
  const redeemed = await at.ask('POST', '/loyalty/members/redeem', {
    ...{ person_slug: 'ann@one.example', redemption_batch_id: batches.madeUp },
  });
  expect(redeemed.status).toBeLessThan(500);
  await at.ask('POST', '/origins/batch/purchases', {
    data: [{ email: 'cid@two.example', order_number: 'order-3', subtotal: 5 }],
  });
  await at.ask('PUT', '/people/cid@two.example', { data: { unsubscribed: true } });
  await world.run(10_000);
  await at.ask('PUT', '/people/cid@two.example', { data: { unsubscribed: true } });
  await db
    .insertInto('browser_claims')
    .values({ site_id, visitor: VISITOR, kind: 'identity', number: 'x', data: '{}', created_at: new Date() })
    .execute();
  await db
    .insertInto('visitor_offers')
    .values({ site_id, offer_id: offerId, visitor: VISITOR, created_at: new Date() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { payload, headers } = fileForm(Buffer.from('{}'), { name: 'words.json' });
  const added = await world.platform.server.app.inject({
    ...{ method: 'POST', url: `${SHOP_API}/assets`, payload },
    headers: { ...headers, authorization: `Bearer ${at.keys.test}` },
  });
  await world.core.siteLoad.flush();
  await world.settle();
  return new URL(added.json<{ result: { asset: { url: string } } }>().result.asset.url).pathname;
}

async function filesOf(at: Shop): Promise<string[]> {
  const rows = await world.core.db.selectFrom('assets').select('file').where('site_id', '=', at.site.test.id).execute();
  return rows.map(({ file }) => file);
}

test('with everything that is of it, and nothing of anybody else', async () => {
  const [asset, kept] = [await fill(shop), await fill(neighbour)];
  const full = await rowsOf(shop);
  expect(Object.entries(full).filter(([, rows]) => rows === 0)).toEqual([]);
  expect(Object.keys(full).length).toBeGreaterThan(20);
  const before = await rowsOf(neighbour);
  const [file = ''] = await filesOf(shop);
  const count = async (table: 'loyalty_actions' | 'redemption_batches' | 'origin_batch_rows') =>
    (await world.core.db.selectFrom(table).selectAll().execute()).length;
  const inAll = [await count('loyalty_actions'), await count('redemption_batches'), await count('origin_batch_rows')];

  const { core, account } = world;
  await removeSite(core, { accountId: account.id, slug: 'shop', actor: 'test' });

  expect(new Set(Object.values(await rowsOf(shop)))).toEqual(new Set([0]));
  expect(await rowsOf(neighbour)).toEqual(before);
  expect([await count('loyalty_actions'), await count('redemption_batches'), await count('origin_batch_rows')]).toEqual(
    inAll.map((rows) => rows / 2),
  );
  const told = await core.db.selectFrom('events').select('data').where('account_id', '=', account.id).execute();
  const ofSites = told.map(({ data }) => data['site']).filter((site) => site !== undefined);
  expect(new Set(ofSites)).toEqual(new Set(['neighbour']));
  expect(await core.uploads.open(file, { first: 0, last: 0 })).toBeUndefined();
  expect((await world.request('GET', asset, { key: null })).status).toBe(404);
  expect((await world.request('GET', kept, { key: null })).status).toBe(200);
  expect((await shop.ask('GET', '/campaigns')).status).toBe(401);
  expect((await neighbour.ask('GET', '/campaigns')).status).toBe(200);
  const audited = await core.db.selectFrom('audit_log').selectAll().where('action', '=', 'site.remove').execute();
  expect(audited.map(({ subject }) => subject).sort()).toEqual([shop.site.live.id, shop.site.test.id].sort());
});

test('of a slug that is none nothing is removed, and one that was removed can be made again', async () => {
  const { core, account } = world;
  for (const slug of ['shop', 'none']) {
    await expect(removeSite(core, { accountId: account.id, slug, actor: 'test' })).rejects.toMatchObject({
      code: 'site.not_found',
    });
  }
  const again = await openShop(world);
  expect((await again.ask('GET', '/people/ann@one.example')).status).toBe(404);
});
