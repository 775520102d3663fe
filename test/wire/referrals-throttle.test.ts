/** A sudden rise of what one site asks for is refused in part, and nobody else notices. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../eventually.js';
import { fileForm } from '../form.js';
import type { HeldClock } from '../held-clock.js';
import { openShop, SHOP_API, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
let other: Shop;
/** What each piece of work costs, milliseconds. */
let cost = 20;

beforeAll(async () => {
  world = await openWorld({ workMeter: () => () => cost });
  shop = await openShop(world);
  other = await openShop(world, { slug: 'other' });
});
afterAll(() => world.close());

/** So many requests in each second; how many of all were refused, and the replies. */
async function ask(who: Shop, perSecond: number, seconds: number) {
  const replies = [];
  for (let second = 0; second < seconds; second++) {
    for (let n = 0; n < perSecond; n++) replies.push(await who.ask('GET', '/campaigns'));
    (world.clock as HeldClock).advance(1000);
  }
  return { replies, refused: replies.filter(({ status }) => status === 429) };
}

test('what is within five times the least is not refused', async () => {
  expect((await ask(shop, 12, 12)).refused).toEqual([]);
  await ask(shop, 0, 11);
});

test('less than ten requests a second are never refused, whatever they cost', async () => {
  cost = 1000;
  expect((await ask(shop, 9, 12)).refused).toEqual([]);
  cost = 20;
  await ask(shop, 0, 11);
});

test('a sudden rise is refused by as much as it is too much, and a steady client gets through', async () => {
  // 250 ms a second are allowed, 1000 are asked for.
  const { replies, refused } = await ask(shop, 50, 20);
  const late = replies.slice(500);
  const share = late.filter(({ status }) => status === 429).length / late.length;
  expect(share).toBeGreaterThan(0.7);
  expect(share).toBeLessThan(0.8);
  // Not by turns: there is no second in which nothing, or everything, got through.
  for (let second = 10; second < 20; second++) {
    const served = replies.slice(second * 50, (second + 1) * 50).filter(({ status }) => status === 200).length;
    expect(served).toBeGreaterThan(8);
    expect(served).toBeLessThan(17);
  }
  expect(refused[0]?.body).toEqual({
    ok: false,
    error_message: 'The site asks for much more than usual: try again, and wait longer each time.',
  });
  expect(Number(refused.at(-1)?.headers['retry-after'])).toBe(8);
  // The other half of the site, and another site, are sites of their own.
  expect((await other.ask('GET', '/campaigns')).status).toBe(200);
  expect((await shop.ask('GET', '/campaigns', undefined, 'live')).status).toBe(200);
});

test('why it was is shown, and it is over when the rise is', async () => {
  await world.run(61_000);
  const { status, body } = await shop.ask('GET', '/manage/usage');
  expect(status).toBe(200);
  const { usage } = body['result'] as { usage: { hours: { throttled: number }[] } };
  expect(usage).toEqual({
    ...{ used_ms_per_second: 0, requests_per_second: 0.1, normal_ms_per_second: 50, allowed_ms_per_second: 250 },
    throttled: {
      at: expect.stringMatching(/^2026-03-02T10:0\d:\d\d\.\d{3}-05:00$/) as string,
      share: expect.closeTo(0.75, 1) as number,
      asked_ms_per_second: expect.closeTo(1000, -2) as number,
      ...{ normal_ms_per_second: 50, allowed_ms_per_second: 250 },
    },
    hours: [
      {
        hour: '2026-03-02T10:00:00.000-05:00',
        used_ms: expect.any(Number) as number,
        requests: expect.any(Number) as number,
        throttled: expect.any(Number) as number,
      },
    ],
  });
  expect(usage.hours[0]?.throttled).toBeGreaterThan(500);
  expect((await ask(shop, 5, 3)).refused).toEqual([]);
});

test('what is normal for a site is the middle of its seven days', async () => {
  const start = Math.floor(world.clock.now() / 3_600_000) * 3_600_000;
  const rows = Array.from({ length: 120 }, (_, n) => ({
    site_id: other.site.test.id,
    hour: new Date(start - (n + 1) * 3_600_000),
    used_ms: 200 * 3600,
    requests: 1,
  }));
  await world.core.db.insertInto('site_hours').values(rows).execute();
  await world.run(601_000);
  await other.ask('GET', '/campaigns');
  await world.settle();
  expect((await other.ask('GET', '/manage/usage?hours=1')).body).toMatchObject({
    result: { usage: { normal_ms_per_second: 200, allowed_ms_per_second: 1000 } },
  });
  expect((await ask(other, 45, 12)).refused).toEqual([]);
});

test('what is normal at least is set by those who run the server alone', async () => {
  const raised = await shop.ask('PUT', '/manage/site', { settings: { least_used_ms_per_minute: 6_000_000 } });
  expect(raised).toMatchObject({
    status: 400,
    body: { ok: false, error_message: 'found unpermitted parameter: :least_used_ms_per_minute' },
  });
});

test('files of a site, which everybody may fetch, are throttled with it', async () => {
  await ask(shop, 0, 11);
  const { payload, headers } = fileForm(Buffer.from('{}'), { name: 'words.json' });
  const added = await world.platform.server.app.inject({
    ...{ method: 'POST', url: `${SHOP_API}/assets`, payload },
    headers: { ...headers, authorization: `Bearer ${shop.keys.test}` },
  });
  const { pathname } = new URL(added.json<{ result: { asset: { url: string } } }>().result.asset.url);
  const statuses = [];
  for (let n = 0; n < 400; n++) {
    if (n % 50 === 0) (world.clock as HeldClock).advance(1000);
    statuses.push((await world.request('GET', pathname, { key: null })).status);
  }
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  await ask(shop, 0, 11);
});

test('batches count as used, and nothing is refused for them', async () => {
  cost = 1000;
  const data = Array.from({ length: 100 }, (_, n) => ({
    email: `row${n}@example.com`,
    order_number: `row-${n}`,
    subtotal: 1,
  }));
  expect((await shop.ask('POST', '/origins/batch/purchases', { data })).status).toBe(200);
  await world.settle();
  cost = 20;
  const { body } = await shop.ask('GET', '/manage/usage');
  expect(body).toMatchObject({ result: { usage: { used_ms_per_second: expect.any(Number) as number } } });
  const { usage } = body['result'] as { usage: { used_ms_per_second: number } };
  // Twenty rows are one piece of work; the window has ten seconds.
  expect(usage.used_ms_per_second).toBeGreaterThanOrEqual(500);
  expect((await ask(shop, 12, 3)).refused).toEqual([]);
});

test('a change of a site holds at once, and is heard of by every process', async () => {
  const nameOf = async () => {
    const { body } = await shop.ask('GET', '/manage/site');
    return (body['result'] as { site: { name: string } }).site.name;
  };
  expect(await nameOf()).toBe('The Shop');
  await shop.ask('PUT', '/manage/site', { name: 'Here' });
  expect(await nameOf()).toBe('Here');
  // As another process does it.
  await world.core.db.updateTable('sites').set({ name: 'There' }).where('id', '=', shop.site.test.id).execute();
  await sql`select pg_notify('sites', '')`.execute(world.core.db);
  await eventually(async () => expect(await nameOf()).toBe('There'));
});
