import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { giveReward, type Reward } from '#core/rewards/index.js';
import { buys, knownPerson, listOfCodes, promised } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
});
afterAll(() => world.close());

async function given(email: string, more: { couponListId?: number; visitor?: string } = {}): Promise<Reward> {
  const { campaign, incentive } = await promised(world, shop, 'advocate');
  const { visitor, couponListId } = more;
  const person = visitor === undefined ? await knownPerson(world, shop, email) : null;
  const promise = couponListId === undefined ? incentive : { ...incentive, couponListId };
  const reward = await world.core.db.transaction().execute((tx) =>
    giveReward(tx, world.core, shop.site.test, {
      ...{ campaign, incentive: promise, reason: 'signup', person, visitor, once: email },
    }),
  );
  if (reward === undefined) throw new Error('nothing was given');
  return reward;
}

const permission = async (code: string, email: string) =>
  (await shop.ask('GET', `/coupons/${encodeURIComponent(code)}/permission/${encodeURIComponent(email)}`)).body;

const NOTHING = {
  ...{ coupon_unissued: false, coupon_expired: false, friend_offer_expired: false, different_owner: false },
  coupon_used: false,
};

test('a coupon is shown with the reward that it was given for', async () => {
  const reward = await given('shown@one.example');
  const code = reward.coupon?.code ?? '';
  const coupon = {
    ...{ id: reward.coupon?.id, code, description: null, amount: 10, percentage_discount: false, single_use: true },
    ...{ used: false, active: true, usages: 0, expires_at: null, valid_until: null },
  };
  const associated_reward = {
    ...{ id: reward.id, amount: 10, percentage: false, reason: 'signup', status: 'Paid', void_reason: null, coupon },
    ...{ coupon_code: code, incentive_type: 'discount_coupon', incentive_description: '$10 off for you' },
    incentive_custom_description: null,
  };
  const found = await shop.ask('GET', `/coupons/${code.toLowerCase()}`);
  expect(found).toMatchObject({ status: 200 });
  expect(found.body).toEqual({ ok: true, result: { talkable_coupon: true, coupon, associated_reward } });
  expect(await permission(code, 'shown@one.example')).toEqual({
    ok: true,
    result: {
      ...{ talkable_coupon: true, coupon, associated_reward, allowed: true, error_message: null, checks: NOTHING },
    },
  });
});

test('of a code that is not ours, it is said, and it is allowed', async () => {
  expect((await shop.ask('GET', '/coupons/NOT-OURS')).body).toEqual({ ok: true, result: { talkable_coupon: false } });
  expect(await permission('NOT-OURS', 'shown@one.example')).toEqual({
    ok: true,
    result: { allowed: true, talkable_coupon: false },
  });
});

test('what stands against a coupon is told', async () => {
  const listId = await listOfCodes(world, shop, 'Checked', ['CHECK-1', 'CHECK-2'], { valid_days: 1 });
  await given('owner@checks.example', { couponListId: listId });
  const checks = async (code: string, email: string) => (await permission(code, email))['result'];
  expect(await checks('CHECK-2', 'owner@checks.example')).toMatchObject({
    ...{ allowed: false, error_message: 'Coupon was not issued to anybody yet' },
    checks: { ...NOTHING, coupon_unissued: true },
  });
  expect(await checks('CHECK-1', 'somebody@checks.example')).toMatchObject({
    ...{ allowed: false, error_message: 'Coupon belongs to a different person' },
    checks: { ...NOTHING, different_owner: true },
  });
  await buys(shop, 'owner@checks.example', 'with-check-1', { coupon_codes: ['check-1'] });
  expect(await checks('CHECK-1', 'owner@checks.example')).toMatchObject({
    ...{ allowed: false, error_message: 'Coupon was already used', coupon: { used: true, active: false, usages: 1 } },
    checks: { ...NOTHING, coupon_used: true },
  });
  await given('late@checks.example', { couponListId: listId });
  await world.core.db
    .updateTable('coupons')
    .set({ expires_at: new Date(world.clock.now()) })
    .where('code', '=', 'CHECK-2')
    .execute();
  expect(await checks('CHECK-2', 'late@checks.example')).toMatchObject({
    ...{ allowed: false, error_message: 'Coupon has expired', coupon: { active: false } },
    checks: { ...NOTHING, coupon_expired: true },
  });
});

test.each([{}, { valid_days: 30 }])(
  'the end of a list reaches the codes that are out, moved either way: %o',
  async (more) => {
    const name = `Leaky ${JSON.stringify(more)}`;
    const list = { name, amount: 10, prefix: 'LEAK-', ...more };
    const inDays = (days: number): string => new Date(world.clock.now() + days * 86_400_000).toISOString();
    const made = await shop.ask('POST', '/manage/coupon_lists', { ...list, expires_at: inDays(10) });
    const { id } = (made.body['result'] as { coupon_list: { id: number } }).coupon_list;
    const code = (await given(name, { couponListId: id, visitor: randomUUID() })).coupon?.code ?? '';
    const isExpired = async (end: string): Promise<unknown> => {
      await shop.ask('PUT', `/manage/coupon_lists/${id}`, { ...list, expires_at: end });
      const { result } = (await permission(code, 'anybody@one.example')) as {
        result: { checks: Record<string, boolean> };
      };
      return result.checks['coupon_expired'];
    };
    expect(await isExpired(inDays(0))).toBe(true);
    expect(await isExpired(inDays(5))).toBe(false);
    expect(await isExpired(inDays(20))).toBe(false);
    const shown = async (): Promise<unknown> =>
      ((await shop.ask('GET', `/coupons/${code}`)).body['result'] as { coupon: { expires_at: string } }).coupon
        .expires_at;
    const end = (days: number): number => world.clock.now() + days * 86_400_000;
    expect(new Date(String(await shown())).getTime()).toBe(end(20));
    await shop.ask('PUT', `/manage/coupon_lists/${id}`, { ...list, expires_at: inDays(60) });
    expect(new Date(String(await shown())).getTime()).toBe(end(more.valid_days ?? 60));
  },
);

test('a code for everybody holds as long as its list, however its end was moved', async () => {
  const list = { name: 'For all', amount: 10, prefix: 'ALL-', single_use: false };
  const inDays = (days: number): string => new Date(world.clock.now() + days * 86_400_000).toISOString();
  const made = await shop.ask('POST', '/manage/coupon_lists', { ...list, expires_at: inDays(1) });
  const { id } = (made.body['result'] as { coupon_list: { id: number } }).coupon_list;
  const first = (await given('all-1', { couponListId: id, visitor: randomUUID() })).coupon;
  await shop.ask('PUT', `/manage/coupon_lists/${id}`, { ...list, expires_at: inDays(60) });
  const second = (await given('all-2', { couponListId: id, visitor: randomUUID() })).coupon;
  expect(second?.code).toBe(first?.code);
  expect(second?.expiresAt?.getTime()).toBe(world.clock.now() + 60 * 86_400_000);
});

test('a code for everybody is made once, and given out no more when its limit is reached', async () => {
  const list = { name: 'Limited', amount: 10, prefix: 'LIM-', single_use: false, usage_limit: 2 };
  const made = await shop.ask('POST', '/manage/coupon_lists', list);
  const { id } = (made.body['result'] as { coupon_list: { id: number } }).coupon_list;
  const come = (n: number) => given(`limited-${n}`, { couponListId: id, visitor: randomUUID() });
  const [one, two] = await Promise.all([come(1), come(2)]);
  const code = one.coupon?.code ?? '';
  expect(two.coupon?.code).toBe(code);
  for (const number of ['limited-1', 'limited-2']) {
    await buys(shop, `${number}@one.example`, number, { coupon_codes: [code] });
  }
  expect((await come(3)).status).toBe('unpaid');
  const codes = async () => (await shop.ask('GET', `/manage/coupon_lists/${id}`)).body;
  expect(await codes()).toMatchObject({ result: { coupon_list: { codes: { total: 1 } } } });
  // A list that makes its own code asks for none.
  const asked = await world.core.db
    .selectFrom('events')
    .select('id')
    .where('type', '=', 'coupons.wanted')
    .where('subject', '=', String(id))
    .execute();
  expect(asked).toEqual([]);
  await shop.ask('PUT', `/manage/coupon_lists/${id}`, { ...list, usage_limit: 3 });
  expect((await come(4)).coupon?.code).toBe(code);
});

test('a coupon of the test half is none of the live one', async () => {
  const code = (await given('half@one.example')).coupon?.code ?? '';
  const live = await shop.ask('GET', `/coupons/${code}`, undefined, 'live');
  expect(live.body).toEqual({ ok: true, result: { talkable_coupon: false } });
});

test('rewards of a browser, by their status', async () => {
  const visitor = randomUUID();
  const empty = await listOfCodes(world, shop, 'Empty', []);
  const paid = await given('browser-1', { visitor });
  const waiting = await given('browser-2', { visitor, couponListId: empty });
  const ids = async (query: string) => {
    const { body } = await shop.ask('GET', `/rewards?visitor_uuid=${visitor}${query}`);
    return (body['result'] as { rewards: { id: number }[] }).rewards.map(({ id }) => id);
  };
  expect(await ids('')).toEqual([paid.id]);
  expect(await ids('&status=Unpaid')).toEqual([waiting.id]);
  expect(await ids('&status=Voided')).toEqual([]);
  expect(await ids('&status=All')).toEqual([waiting.id, paid.id]);
});

test.each([
  ['/rewards', 400, /visitor_uuid` is required/],
  ['/rewards?visitor_uuid=nobody', 400, /uuid/i],
  [`/rewards?visitor_uuid=${randomUUID()}&status=paid`, 400, /status/],
  [`/rewards?visitor_uuid=${randomUUID()}&foo=1`, 400, /^found unpermitted parameter: :foo$/],
  ['/coupons/X?foo=1', 400, /^found unpermitted parameter: :foo$/],
  ['/coupons/X/permission/a@b.example?foo=1', 400, /^found unpermitted parameter: :foo$/],
  ['/coupons/X?site_slug=none', 404, /^No site found by `site_slug`\.$/],
])('%s is refused: %i', async (path, status, message) => {
  const reply = await shop.ask('GET', path);
  expect(reply.status).toBe(status);
  expect(reply.body).toEqual({ ok: false, error_message: expect.stringMatching(message) as string });
});
