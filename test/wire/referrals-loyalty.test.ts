import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLoyalty } from '../loyalty.js';
import { advocateOf, comes } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

let world: World;
let shop: Shop;
let loyalty: Awaited<ReturnType<typeof openLoyalty>>;
beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  loyalty = await openLoyalty(world, shop, { codes: ['CODE-1', 'CODE-2'] });
});
afterAll(() => world.close());

let people = 0;
let orders = 0;
const somebody = (): string => `somebody-${(people += 1)}@example.com`;
const done = (result: unknown) => ({ ok: true, result });
const refused = (error_message: unknown) => ({ ok: false, error_message });
const ALL_WRONG = 'Loyalty member not found';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}-0[45]:00$/) as string;
const anId = expect.any(Number) as number;

const join = async (): Promise<string> => {
  const email = somebody();
  expect((await shop.ask('POST', '/loyalty/members', { data: { email } })).status).toBe(201);
  return email;
};
const buy = async (email: string, subtotal: number): Promise<string> => {
  const order_number = `order-${(orders += 1)}`;
  const reply = await shop.ask('POST', '/origins/purchase', { data: { email, order_number, subtotal } });
  expect(reply.status).toBe(201);
  return order_number;
};
const adjust = (email: string, points: number, more: object = {}) =>
  shop.ask('POST', `/loyalty/members/${email}/manual_adjustment_actions`, { data: { points, ...more } });
const redeem = (email: string, redemption_batch_id: number) =>
  shop.ask('POST', `/loyalty/members/${email}/redeem_actions`, { data: { redemption_batch_id } });
const report = (email: string, type: string) =>
  shop.ask('POST', `/loyalty/members/${email}/collect_actions`, { data: { type } });
const balance = async (email: string): Promise<number> => {
  const { body } = await shop.ask('GET', `/loyalty/members/${email}`);
  return (body as { result: { loyalty_member: { points_balance: number } } }).result.loyalty_member.points_balance;
};
const actions = async (email: string, kind: string): Promise<Record<string, unknown>[]> => {
  const { status, body } = await shop.ask('GET', `/loyalty/members/${email}/${kind}_actions`);
  expect(status).toBe(200);
  return (body as { result: { actions: Record<string, unknown>[] } }).result.actions;
};
const memberOf = (email: string, points_balance: number) => ({
  ...{ custom_properties: {}, email, phone_number: null, points_balance, member_dates: [] },
});

describe('members', () => {
  test('join by the shop’s word, once', async () => {
    const email = somebody();
    const first = await shop.ask('POST', '/loyalty/members', { data: { email } });
    expect(first).toMatchObject({ status: 201, body: done({ loyalty_member: memberOf(email, 0) }) });
    await adjust(email, 5);
    const again = await shop.ask('POST', '/loyalty/members', { data: { email } });
    expect(again).toMatchObject({ status: 201, body: done({ loyalty_member: memberOf(email, 5) }) });
    expect((await shop.ask('POST', '/loyalty/members', { data: { email: 'nobody' } })).body).toEqual(
      refused("Email isn't valid"),
    );
  });

  test('whoever registers joins by themselves, and is found however the address is written', async () => {
    const email = somebody();
    const data = { email, phone_number: '+14155550123', custom_properties: { size: 'M' } };
    await shop.ask('POST', '/origins/affiliate_member', { data });
    const reply = await shop.ask('GET', `/loyalty/members/${encodeURIComponent(email.toUpperCase())}`);
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.body).toEqual(
      done({
        loyalty_member: { ...memberOf(email, 0), phone_number: '+14155550123', custom_properties: { size: 'M' } },
      }),
    );
  });

  test('properties and dates are changed by name', async () => {
    const email = await join();
    const update = (data: object) => shop.ask('PUT', `/loyalty/members/${email}`, { data });
    await update({
      custom_properties: { vip: false, visits: 123, size: 'M' },
      member_dates: [
        { identifier: 'birthday', date: '1990-05-17' },
        { identifier: 'wedding_day', date: '2012-08-11' },
      ],
    });
    const { status, body } = await update({
      custom_properties: { size: 'L', visits: null },
      member_dates: [{ identifier: 'birthday', date: '1990-05-18' }],
    });
    expect(status).toBe(200);
    expect(body).toEqual(
      done({
        loyalty_member: {
          ...memberOf(email, 0),
          custom_properties: { vip: 'f', size: 'L' },
          member_dates: [
            { date: '1990-05-18', identifier: 'birthday' },
            { date: '2012-08-11', identifier: 'wedding_day' },
          ],
        },
      }),
    );
  });

  const FORM = 'Invalid member_dates format, expected an array of objects with `date` and `identifier` keys';
  const WORD =
    "Validation failed: Identifier can contain lowercase letters, numbers and '_' only and cannot begin with a number";
  test.each([
    ['text', { member_dates: 'birthday' }, 400, FORM],
    ['no date', { member_dates: [{ identifier: 'birthday' }] }, 400, FORM],
    ['no such day', { member_dates: [{ identifier: 'birthday', date: '2026-02-30' }] }, 400, FORM],
    ['a null', { member_dates: [null] }, 400, FORM],
    ['more keys', { member_dates: [{ identifier: 'a', date: '2026-02-03', year: 1 }] }, 400, FORM],
    ['capitals', { member_dates: [{ identifier: 'Birthday', date: '1990-05-17' }] }, 422, WORD],
    ['a digit first', { member_dates: [{ identifier: '1st', date: '1990-05-17' }] }, 422, WORD],
    ['a field that is none', { foo: 1 }, 400, 'found unpermitted parameter: :foo'],
  ])('%s is refused', async (_what, data, status, message) => {
    const email = await join();
    expect(await shop.ask('PUT', `/loyalty/members/${email}`, { data })).toMatchObject({
      status,
      body: refused(message),
    });
  });
});

describe('who cannot', () => {
  const ROUTES: [method: string, path: string, data?: object][] = [
    ['GET', ''],
    ['PUT', '', {}],
    ['GET', '/collect_actions'],
    ['POST', '/collect_actions', { type: 'review' }],
    ['GET', '/manual_adjustment_actions'],
    ['POST', '/manual_adjustment_actions', { points: 1 }],
    ['GET', '/redeem_actions'],
    ['POST', '/redeem_actions', { redemption_batch_id: 1 }],
    ['GET', '/redemption_batches'],
  ];
  const ask = (of: Shop, method: string, path: string, email: string, data?: object, mode: 'live' | 'test' = 'test') =>
    of.ask(method, `/loyalty/members/${email}${path}`, data === undefined ? undefined : { data }, mode);

  test.each(ROUTES)('%s %s: nobody, no member, one of the other half or another site', async (method, path, data) => {
    const email = await join();
    const other = await openShop(world, { slug: `other-${(people += 1)}` });
    const friend = somebody();
    await other.ask('POST', '/origins/affiliate_member', { data: { email: friend } });
    for (const reply of [
      await ask(shop, method, path, 'nobody@example.com', data),
      await ask(shop, method, path, email, data, 'live'),
      await ask(other, method, path, email, data),
      await ask(other, method, path, friend, data),
    ]) {
      expect(reply).toMatchObject({ status: 404, body: refused(ALL_WRONG) });
    }
  });

  test.each(ROUTES.filter(([method, path]) => method !== 'PUT' && path !== '/manual_adjustment_actions'))(
    '%s %s: one who is not active',
    async (method, path, data) => {
      const email = await join();
      await shop.ask('PUT', `/loyalty/members/${email}`, { data: { active: false } });
      const reply = await ask(shop, method, path, email, data);
      expect(reply).toMatchObject({ status: 400, body: refused('Loyalty member is not active') });
    },
  );

  test.each(ROUTES.filter(([, path]) => path !== '' && path !== '/manual_adjustment_actions'))(
    '%s %s: while no campaign is open',
    async (method, path, data) => {
      const closed = await openShop(world, { slug: `closed-${(people += 1)}` });
      const { campaign } = await openLoyalty(world, closed);
      const email = somebody();
      await closed.ask('POST', '/loyalty/members', { data: { email } });
      const { db } = world.core;
      await db.updateTable('referral_campaigns').set({ status: 'disabled' }).where('id', '=', campaign).execute();
      const reply = await ask(closed, method, path, email, data);
      expect(reply).toMatchObject({ status: 400, body: refused('No loyalty campaign found for the member') });
    },
  );

  test.each([
    ['/collect_actions', { type: '' }],
    ['/collect_actions', {}],
    ['/collect_actions', { type: 'review', foo: 1 }],
    ['/manual_adjustment_actions', { points: 1.5 }],
    ['/manual_adjustment_actions', { points: '1' }],
    ['/manual_adjustment_actions', { points: 10 ** 12 }],
    ['/redeem_actions', { redemption_batch_id: 'one' }],
    ['/redeem_actions', {}],
  ])('POST %s %j is bad input', async (path, data) => {
    const email = await join();
    expect(await ask(shop, 'POST', path, email, data)).toMatchObject({ status: 400, body: { ok: false } });
  });
});

describe('collecting', () => {
  test('a purchase: for the act, and for each whole unit', async () => {
    const email = somebody();
    const order_number = await buy(email, 25.99);
    expect(await actions(email, 'collect')).toEqual([
      {
        ...{ type: 'purchase', created_at: time, points: 60, coupon: null, user: null },
        action_config: { name: 'Buy', description: null, points: 10 },
        event: expect.objectContaining({ type: 'Purchase', order_number, subtotal: 25.99, email }) as object,
      },
    ]);
    expect(await balance(email)).toBe(60);
  });

  test('the same purchase twice, also at once, is collected once', async () => {
    const email = somebody();
    const data = { email, order_number: `order-${(orders += 1)}`, subtotal: 5 };
    const replies = await Promise.all(Array.from({ length: 8 }, () => shop.ask('POST', '/origins/purchase', { data })));
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
    expect(await balance(email)).toBe(20);
  });

  test('an event of the category, and none of another', async () => {
    const email = somebody();
    const event = (event_category: string) =>
      shop.ask('POST', '/origins/event', { data: { email, event_category, event_number: '1', subtotal: 0 } });
    await event('newsletter');
    await event('visit');
    expect(await actions(email, 'collect')).toMatchObject([
      { type: 'event:newsletter', points: 5, event: { type: 'Event', event_category: 'newsletter' } },
    ]);
  });

  test('what the shop reports: each time, or once', async () => {
    const email = await join();
    expect(await report(email, 'review')).toMatchObject({
      status: 200,
      body: done({ collected: true, loyalty_member: memberOf(email, 20) }),
    });
    expect((await report(email, 'review')).body).toEqual(
      done({ collected: true, loyalty_member: memberOf(email, 40) }),
    );
    expect((await report(email, 'profile')).body).toEqual(
      done({ collected: true, loyalty_member: memberOf(email, 55) }),
    );
    const again = await Promise.all([report(email, 'profile'), report(email, 'profile')]);
    for (const { status, body } of again) {
      expect({ status, body }).toEqual({
        status: 200,
        body: done({ collected: false, loyalty_member: memberOf(email, 55) }),
      });
    }
    expect(await actions(email, 'collect')).toMatchObject([
      { type: 'profile' },
      { type: 'review' },
      { type: 'review' },
    ]);
  });

  test.each(['random', 'purchase', 'referral', 'event:newsletter', 'join'])('nobody reports `%s`', async (type) => {
    const email = await join();
    expect(await report(email, type)).toMatchObject({
      status: 400,
      body: refused(`No action configurations found for identifier \`${type}\``),
    });
    expect(await balance(email)).toBe(0);
  });

  test('never more than the most', async () => {
    const email = await join();
    await adjust(email, 990);
    expect((await report(email, 'review')).body).toMatchObject({ result: { collected: true } });
    expect((await report(email, 'review')).body).toMatchObject({ result: { collected: false } });
    expect(await balance(email)).toBe(1000);
  });

  test('a repetition with the same Idempotency-Key collects nothing more', async () => {
    const email = await join();
    const ask = (): Promise<Reply> =>
      world.request('POST', `/referrals/api/v2/loyalty/members/${email}/collect_actions`, {
        ...{ key: shop.keys.test, body: { data: { type: 'review' } }, headers: { 'idempotency-key': `once ${email}` } },
      });
    expect((await ask()).body).toEqual((await ask()).body);
    expect(await balance(email)).toBe(20);
  });
});

describe('by hand', () => {
  test('more and less, with who did it and why', async () => {
    const email = await join();
    const { status, body } = await adjust(email, 100, { description: 'A gift' });
    expect(status).toBe(200);
    const action = {
      ...{ type: 'manual_adjustment', created_at: time, points: 100, coupon: null, event: null },
      action_config: { name: 'manual_adjustment', description: 'A gift', points: 100 },
      user: {
        ...{ account_id: world.account.id, email: null, staff_member: false },
        id: expect.stringMatching(/^key_/) as string,
      },
    };
    expect(body).toEqual(done({ action, loyalty_member: memberOf(email, 100) }));
    await adjust(email, -30);
    expect((await shop.ask('GET', `/loyalty/members/${email}/manual_adjustment_actions`)).body).toEqual(
      done({ actions: [{ ...action, points: -30, action_config: null }, action], total: 2 }),
    );
    const page = await shop.ask('GET', `/loyalty/members/${email}/manual_adjustment_actions?page=2&per_page=1`);
    expect(page.body).toEqual(done({ actions: [action], total: 2 }));
  });

  test.each([-1, 1001])('%d points of 0 are refused', async (points) => {
    const email = await join();
    expect(await adjust(email, points)).toMatchObject({
      status: 422,
      body: refused(
        'Validation failed: Points adjustment must result in member points balance between 0 and available points limit',
      ),
    });
    expect(await actions(email, 'manual_adjustment')).toEqual([]);
  });
});

test('somebody who has more than the most, since before it was lowered, can be taken some', async () => {
  const lowered = await openShop(world, { slug: 'lowered' });
  const { campaign } = await openLoyalty(world, lowered);
  const email = somebody();
  const change = (points: number) =>
    lowered.ask('POST', `/loyalty/members/${email}/manual_adjustment_actions`, { data: { points } });
  await lowered.ask('POST', '/loyalty/members', { data: { email } });
  await change(900);
  const settings = sql`jsonb_set(settings, '{loyalty,mostPoints}', '500')`;
  await sql`update referral_campaigns set settings = ${settings} where id = ${campaign}`.execute(world.core.db);
  expect(await change(-100)).toMatchObject({ status: 200, body: { result: { action: { points: -100 } } } });
  expect(await change(1)).toMatchObject({ status: 422 });
});

describe('redeeming', () => {
  test('what there is', async () => {
    const email = await join();
    const { status, body } = await shop.ask('GET', `/loyalty/members/${email}/redemption_batches`);
    expect(status).toBe(200);
    const list = { amount: null, localized_amount: null, percentage_discount: false, expires_at: null };
    expect(body).toEqual(
      done({
        redemption_batches: [
          {
            ...{ id: loyalty.batches.madeUp, description: '$10 off', points_cost: 100, position: anId },
            available_coupons_count: null,
            coupon_list: { ...list, name: 'points made up', amount: 10, localized_amount: '$10.00' },
          },
          {
            ...{ id: loyalty.batches.handedIn, description: '12.5 % off', points_cost: 50, position: anId },
            available_coupons_count: 2,
            coupon_list: {
              ...{ ...list, name: 'points handed in', amount: 12.5, localized_amount: '12.5%' },
              percentage_discount: true,
            },
          },
        ],
      }),
    );
  });

  test('points for a coupon, which is the member’s', async () => {
    const email = await join();
    await adjust(email, 130);
    const { status, body } = await redeem(email, loyalty.batches.madeUp);
    expect(status).toBe(200);
    const action = {
      ...{ type: 'redeem', created_at: time, points: -100, action_config: null, event: null, user: null },
      coupon: {
        ...{ id: anId, code: expect.stringMatching(/^PTS/) as string, description: null, amount: 10 },
        ...{ percentage_discount: false, single_use: true, used: false, active: true, usages: 0 },
        ...{ expires_at: null, valid_until: null },
      },
    };
    expect(body).toEqual(done({ action, loyalty_member: memberOf(email, 30) }));
    const { result } = body as { result: { action: object } };
    expect((await shop.ask('GET', `/loyalty/members/${email}/redeem_actions`)).body).toEqual(
      done({ actions: [result.action], total: 1 }),
    );
  });

  test('too few points', async () => {
    const email = await join();
    await adjust(email, 99);
    expect(await redeem(email, loyalty.batches.madeUp)).toMatchObject({
      status: 400,
      body: refused('not enough points'),
    });
    expect(await balance(email)).toBe(99);
  });

  test('a batch that is none, or of another campaign', async () => {
    const email = await join();
    const other = await openShop(world, { slug: 'batches' });
    const { batches } = await openLoyalty(world, other);
    for (const id of [1, batches.madeUp]) {
      expect(await redeem(email, id)).toMatchObject({
        status: 404,
        body: refused('No redemption batch found.'),
      });
    }
  });

  test('the last code is given once, and points are spent only for a code', async () => {
    const scarce = await openShop(world, { slug: 'scarce' });
    const { batches } = await openLoyalty(world, scarce, { codes: ['LAST-ONE'] });
    const members = Array.from({ length: 5 }, somebody);
    for (const email of members) {
      await scarce.ask('POST', '/loyalty/members', { data: { email } });
      await scarce.ask('POST', `/loyalty/members/${email}/manual_adjustment_actions`, { data: { points: 50 } });
    }
    const replies = await Promise.all(
      members.map((email) =>
        scarce.ask('POST', `/loyalty/members/${email}/redeem_actions`, {
          data: { redemption_batch_id: batches.handedIn },
        }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422, 422]);
    expect(replies.find(({ status }) => status === 422)?.body).toEqual(
      refused('Validation failed: No coupons are left for this redemption batch'),
    );
    const rows = await world.core.db
      .selectFrom('loyalty_members')
      .select('balance')
      .where('site_id', '=', scarce.site.test.id)
      .execute();
    expect(rows.map(({ balance: points }) => points).sort((one, other) => one - other)).toEqual([0, 50, 50, 50, 50]);
  });

  test('many at once never spend more than there is', async () => {
    const email = await join();
    await adjust(email, 350);
    const replies = await Promise.all(Array.from({ length: 10 }, () => redeem(email, loyalty.batches.madeUp)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(3);
    for (const { status, body } of replies) if (status !== 200) expect(body).toEqual(refused('not enough points'));
    expect(await balance(email)).toBe(50);
    const coupons = await world.core.db
      .selectFrom('coupons')
      .innerJoin('site_people', 'site_people.id', 'coupons.person_id')
      .select('code')
      .where('site_people.email', '=', email)
      .execute();
    expect(new Set(coupons.map(({ code }) => code)).size).toBe(3);
  });
});

describe('refunds', () => {
  let strict: Shop;
  const once = { limit: 'once' as const };
  beforeAll(async () => {
    strict = await openShop(world, { slug: 'refunds', campaign: { approvalDelay: 0 } });
    await openLoyalty(world, strict, {
      actions: [
        { identifier: 'purchase', name: 'Buy', points: 30, ...once },
        { identifier: 'referral', name: 'Recommend', points: 50, ...once },
      ],
    });
  });
  const ask = (method: string, path: string, data: object) => strict.ask(method, path, { data });
  const points = async (email: string): Promise<unknown> => {
    const { body } = await strict.ask('GET', `/loyalty/members/${email}`);
    return (body as { result: { loyalty_member: object } }).result.loyalty_member;
  };
  /** A friend of the advocate’s buys, and the referral is approved. */
  const refer = async (offerId: number): Promise<string> => {
    const [visitor, order_number] = [randomUUID(), `order-${(orders += 1)}`];
    await comes(world, strict, offerId, { visitor });
    await ask('POST', '/origins/purchase', { email: somebody(), order_number, subtotal: 10, uuid: visitor });
    expect((await ask('PUT', `/origins/${order_number}/referral`, { status: 'approved' })).status).toBe(200);
    return order_number;
  };
  const refund = (order: string) => strict.ask('POST', `/origins/${order}/refund`, {});

  test('points for a referral that are given once are taken back, and given for the next', async () => {
    const email = somebody();
    const { offerId } = await advocateOf(strict, email);
    const [first, second] = [await refer(offerId), await refer(offerId)];
    expect(await points(email)).toMatchObject({ points_balance: 50 });
    // The one that gave nothing takes nothing.
    await refund(second);
    expect(await points(email)).toMatchObject({ points_balance: 50 });
    await refund(first);
    expect(await points(email)).toMatchObject({ points_balance: 0 });
    await refer(offerId);
    expect(await points(email)).toMatchObject({ points_balance: 50 });
  });

  test('what was spent already is not given again', async () => {
    const email = somebody();
    const { offerId } = await advocateOf(strict, email);
    const order = await refer(offerId);
    await ask('POST', `/loyalty/members/${email}/manual_adjustment_actions`, { points: -20 });
    await refund(order);
    expect(await points(email)).toMatchObject({ points_balance: 0 });
    await refer(offerId);
    expect(await points(email)).toMatchObject({ points_balance: 0 });
  });

  test.each([
    { before: 0, subtotal: 200.5, given: 205, back: 100.25, left: 105, why: 'the units that came back' },
    { before: 0, subtotal: 200, given: 205, back: 0.5, left: 204, why: 'a unit of which a part came back' },
    { before: 950, subtotal: 200, given: 1000, back: 100, left: 1000, why: 'nothing where the rest gives as much' },
    { before: 950, subtotal: 200, given: 1000, back: 180, left: 975, why: 'what the rest would not have given' },
    { before: 950, subtotal: 200, given: 1000, back: 200, left: 950, why: 'all that was given, with all of it' },
  ])('take back $why', async ({ before, subtotal, given, back, left }) => {
    const units = await openShop(world, { slug: `units-${(orders += 1)}` });
    await openLoyalty(world, units, {
      actions: [{ identifier: 'purchase', name: 'Buy', points: 5, pointsPerUnit: 1 }],
    });
    const [email, order_number] = [somebody(), `order-${orders}`];
    const member = `/loyalty/members/${email}`;
    const has = async (points_balance: number): Promise<void> => {
      expect((await units.ask('GET', member)).body).toMatchObject(done({ loyalty_member: { points_balance } }));
    };
    await units.ask('POST', '/loyalty/members', { data: { email } });
    if (before > 0) await units.ask('POST', `${member}/manual_adjustment_actions`, { data: { points: before } });
    await units.ask('POST', '/origins/purchase', { data: { email, order_number, subtotal } });
    await has(given);
    const refund = () => units.ask('POST', `/origins/${order_number}/refund`, { data: { refund_subtotal: back } });
    expect((await refund()).status).toBe(200);
    await has(left);
    // There is one refund of an order.
    expect((await refund()).status).toBe(400);
    await has(left);
  });

  test('a purchase that was refunded and is sent again collects nothing', async () => {
    const early = await openShop(world, { slug: 'early' });
    const data = { email: somebody(), order_number: `order-${(orders += 1)}`, subtotal: 10 };
    const buyIt = () => early.ask('POST', '/origins/purchase', { data });
    await buyIt();
    await early.ask('POST', `/origins/${data.order_number}/refund`, {});
    await openLoyalty(world, early);
    expect((await buyIt()).status).toBe(201);
    const { body } = await early.ask('GET', `/loyalty/members/${data.email}`);
    expect(body).toEqual(done({ loyalty_member: memberOf(data.email, 0) }));
  });
});

test('every balance is the sum of its ledger, and was so after each line', async () => {
  const { db } = world.core;
  const members = await db.selectFrom('loyalty_members').select(['id', 'balance']).execute();
  const lines = await db.selectFrom('loyalty_actions').selectAll().orderBy('id').execute();
  expect(lines.length).toBeGreaterThan(20);
  for (const { id, balance: points } of members) {
    let sum = 0;
    for (const line of lines.filter(({ member_id }) => member_id === id)) {
      sum += line.points;
      expect({ line: line.id, after: line.balance_after }).toEqual({ line: line.id, after: sum });
    }
    expect({ id, points }).toEqual({ id, points: sum });
  }
});

test('each action is told, and joining too', async () => {
  const email = await join();
  await adjust(email, 100);
  await report(email, 'review');
  await redeem(email, loyalty.batches.madeUp);
  const rows = await world.core.db
    .selectFrom('events')
    .select('data')
    .where('type', '=', 'loyalty.acted')
    .orderBy('id')
    .execute();
  const told = rows.map(({ data }) => data as { person: { email: string }; site: string; action: object });
  const action = { createdAt: expect.any(String) as string };
  expect(told.filter(({ person }) => person.email === email).map((one) => [one.site, one.action])).toEqual([
    ['shop', { ...action, id: null, kind: 'join', action: 'join', points: 0, balanceAfter: 0 }],
    ['shop', { ...action, id: anId, kind: 'adjust', action: null, points: 100, balanceAfter: 100 }],
    ['shop', { ...action, id: anId, kind: 'collect', action: 'review', points: 20, balanceAfter: 120 }],
    ['shop', { ...action, id: anId, kind: 'redeem', action: null, points: -100, balanceAfter: 20 }],
  ]);
});
