import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HeldClock } from '../held-clock.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
const DAY_MS = 86_400_000;
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

interface Joined {
  origin: { id: number };
  offer: { short_url_code: string } | null;
}

async function told(shop: Shop, path: string, data: Record<string, unknown>): Promise<string | undefined> {
  const { status, body } = await shop.ask('POST', `/origins/${path}`, { data });
  expect([status, body]).toMatchObject([201, { ok: true }]);
  return (body['result'] as Joined).offer?.short_url_code;
}

const buys = (shop: Shop, order_number: string) =>
  told(shop, 'purchase', { email: 'anna@example.com', order_number, subtotal: 20 });
const asks = (shop: Shop, more = {}) => told(shop, 'affiliate_member', { email: 'anna@example.com', ...more });

/** A friend who comes by it, and letters to friends. */
async function passes(shop: Shop, code: string | undefined, to: string): Promise<[link: number, letters: number]> {
  const come = await world.request('GET', `/r/${code}`, { key: null, headers: { 'user-agent': BROWSER } });
  const share = await shop.ask('POST', `/offers/${code}/shares/email`, { recipients: to });
  return [come.status, share.status];
}

function pass(days: number): void {
  (world.clock as HeldClock).advance(days * DAY_MS);
}

async function signUps(shop: Shop): Promise<[told: number, given: number]> {
  const site = shop.site.test.id;
  const events = await world.core.db.selectFrom('events').select('id').where('type', '=', 'advocate.joined').execute();
  const rewards = await world.core.db.selectFrom('rewards').select('id').where('site_id', '=', site).execute();
  return [events.length, rewards.length];
}

test('an offer that is over is the advocate’s again once they join again, and they signed up once', async () => {
  const signup = { identifier: 'welcome', reason: 'signup' as const, kind: 'other' as const, description: 'A cake' };
  const shop = await openShop(world, {
    campaign: { advocateDeadlineDays: 10, friendDeadlineDays: 5, incentives: [signup] },
  });
  const code = await buys(shop, '1');
  expect(await passes(shop, code, 'a@friends.example')).toEqual([302, 200]);
  pass(9);
  await buys(shop, '2');
  pass(2);
  // What holds is not made longer: by now friends alone come by it.
  expect(await passes(shop, code, 'b@friends.example')).toEqual([302, 422]);
  pass(4);
  expect(await passes(shop, code, 'b@friends.example')).toEqual([410, 422]);
  // The same purchase told again is no new one, and the shop's word for a friend is not the advocate's.
  expect(await buys(shop, '2')).toBe(code);
  const claim = { advocate_email: 'anna@example.com', friend_email: 'b@friends.example' };
  const { body } = await shop.ask('POST', '/offer_claims', claim);
  expect(JSON.stringify(body)).toContain('OFFER_EXPIRED');
  expect(await passes(shop, code, 'b@friends.example')).toEqual([410, 422]);
  pass(365);
  expect(await Promise.all([buys(shop, '3'), buys(shop, '4'), asks(shop)])).toEqual([code, code, code]);
  expect(await passes(shop, code, 'b@friends.example')).toEqual([302, 200]);
  pass(9);
  expect(await passes(shop, code, 'c@friends.example')).toEqual([302, 200]);
  pass(2);
  // Whoever cannot pass it on any more can as soon as they join again, also while friends still come.
  expect(await passes(shop, code, 'd@friends.example')).toEqual([302, 422]);
  expect(await asks(shop)).toBe(code);
  expect(await passes(shop, code, 'd@friends.example')).toEqual([302, 200]);
  expect(await signUps(shop)).toEqual([1, 1]);
});

test('whoever asks again to recommend is as old as this asking', async () => {
  const day = 86_400;
  const shop = await openShop(world, { slug: 'young', campaign: { originMaxAge: day } });
  expect(await buys(shop, '1')).toBeDefined();
  expect(await asks(shop)).toBeDefined();
  pass(30);
  expect(await buys(shop, '1')).toBeUndefined();
  expect(await asks(shop)).toBeDefined();
  const created_at = new Date(world.clock.now() - 2 * DAY_MS).toISOString();
  expect(await asks(shop, { created_at })).toBeUndefined();
});
