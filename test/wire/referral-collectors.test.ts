/** Whoever wants more codes than one friend is given, by a link that everybody may open. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HeldClock } from '../held-clock.js';
import { advocateOf, buys, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
const DAY_MS = 86_400_000;
let world: World;
let shops = 0;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function linkOf(emailGating: boolean): Promise<{ shop: Shop; path: string }> {
  const shop = await openShop(world, { slug: `shop-${++shops}`, campaign: { emailGating } });
  const { code } = await advocateOf(shop, 'anna@example.com');
  return { shop, path: `/r/${code}` };
}

/** The clock goes on between them, so that it is not the limit of a minute that holds them up. */
async function claim(path: string, email: string, by: { from?: string; cookie?: string } = {}): Promise<Reply> {
  (world.clock as HeldClock).advance(10_000);
  return world.request('POST', path, {
    ...{ key: null, body: new URLSearchParams({ email }).toString(), ...(by.from ? { from: by.from } : {}) },
    headers: {
      ...{ 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER },
      ...(by.cookie ? { cookie: by.cookie } : {}),
    },
  });
}

async function look(path: string, from: string): Promise<Reply> {
  (world.clock as HeldClock).advance(10_000);
  return world.request('GET', path, { key: null, from, headers: { 'user-agent': BROWSER } });
}

async function given(shop: Shop): Promise<{ coupons: number; people: number }> {
  const of = (table: 'coupons' | 'site_people') =>
    world.core.db.selectFrom(table).select('id').where('site_id', '=', shop.site.test.id).execute();
  const [coupons, people] = [await of('coupons'), await of('site_people')];
  // The advocate is one of the people.
  return { coupons: coupons.length, people: people.length - 1 };
}

function times(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

describe('with addresses that they make up', () => {
  test('one browser gets three codes a day', async () => {
    const { shop, path } = await linkOf(true);
    const first = await claim(path, 'friend-0@example.com');
    const cookie = String(first.headers['set-cookie']).split(';')[0] ?? '';
    const statuses: number[] = [first.status];
    for (const n of times(29)) {
      statuses.push((await claim(path, `friend-${n + 1}@example.com`, { cookie, from: `192.0.2.${n}` })).status);
    }
    expect(statuses).toEqual([200, 200, 200, ...times(27).map(() => 429)]);
    expect(await given(shop)).toEqual({ coupons: 3, people: 3 });
    // Those who were there already are answered as before.
    const again = await claim(path, 'friend-1@example.com', { cookie });
    expect(again.status).toBe(200);
    expect(again.raw.toString()).toMatch(/FRD\w+/);
    (world.clock as HeldClock).advance(DAY_MS);
    expect((await claim(path, 'friend-40@example.com', { cookie })).status).toBe(200);
  });

  test('all browsers at one address get twenty codes a day', async () => {
    const { shop, path } = await linkOf(true);
    const statuses: number[] = [];
    for (const n of times(30)) statuses.push((await claim(path, `friend-${n}@example.com`)).status);
    expect(statuses).toEqual([...times(20).map(() => 200), ...times(10).map(() => 429)]);
    expect(await given(shop)).toEqual({ coupons: 20, people: 20 });
    expect((await claim(path, 'elsewhere@example.com', { from: '192.0.2.7' })).status).toBe(200);
  });

  test('so do all of one network of IPv6, in whichever way its addresses are written', async () => {
    const { shop, path } = await linkOf(true);
    const statuses: number[] = [];
    for (const n of times(30)) {
      const from = n % 2 === 0 ? `2001:db8::${(n + 1).toString(16)}` : `2001:db8:0:0:${n}:1:1:1`;
      statuses.push((await claim(path, `friend-${n}@example.com`, { from })).status);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(await given(shop)).toEqual({ coupons: 20, people: 20 });
    expect((await claim(path, 'next-door@example.com', { from: '2001:db8:0:1::1' })).status).toBe(200);
  });

  test('many at once get no more than that', async () => {
    const { shop, path } = await linkOf(true);
    const cookie = `sidetone_${shop.site.test.publicId}=6f1d3c1e-2a57-4f0e-9d5c-0d2f6a1b7c11`;
    const replies = await Promise.all(
      times(18).map((n) => claim(path, `friend-${n}@example.com`, { cookie, from: '192.0.2.8' })),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(await given(shop)).toEqual({ coupons: 3, people: 3 });
  });
});

test('without being asked who they are, those of one network of IPv6 get twenty codes a day', async () => {
  const { shop, path } = await linkOf(false);
  const statuses: number[] = [];
  for (const n of times(30)) statuses.push((await look(path, `2001:db8:7:0:${n.toString(16)}::1`)).status);
  expect(statuses).toEqual([...times(20).map(() => 302), ...times(10).map(() => 429)]);
  expect(await given(shop)).toMatchObject({ coupons: 20 });
});

test('the shop is told of an IPv4 address as such, however the server hears of it', async () => {
  const { path } = await linkOf(true);
  await claim(path, 'mapped@example.com', { from: '::ffff:203.0.113.77' });
  const { data } = await world.core.db
    .selectFrom('events')
    .select('data')
    .where('type', '=', 'friend.joined')
    .orderBy('sequence', 'desc')
    .executeTakeFirstOrThrow();
  expect(data).toMatchObject({ ip: '203.0.113.77', person: { email: 'mapped@example.com' } });
});

test('an address that somebody typed in leads to an advocate for as long as a cookie does', async () => {
  const { shop, path } = await linkOf(true);
  await claim(path, 'soon@example.com');
  await claim(path, 'late@example.com');
  await buys(shop, 'soon@example.com', 'soon');
  expect(await referralOf(world, shop, 'soon')).toMatchObject({ track_method: 'gated_email' });
  (world.clock as HeldClock).advance(31 * DAY_MS);
  await buys(shop, 'late@example.com', 'late');
  expect(await referralOf(world, shop, 'late')).toBeUndefined();
});
