import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giveFriendReward } from '#core/rewards/index.js';
import { findOffer } from '#core/offers/index.js';
import { advocateOf, buys, comes, promised, referralOf } from '../referral-rows.js';
import { APPROVAL_DELAY_SECONDS, openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
let last = 0;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  await openShop(world, { slug: 'other' });
});
afterAll(() => world.close());

/** A purchase that an advocate brought, by a friend who was given a coupon when they came. */
async function brought(more: Record<string, unknown> = {}, mode: 'test' | 'live' = 'test') {
  const number = ++last;
  const [advocate, friend] = [`ann${number}@ours.example`, `bob${number}@theirs.example`];
  const { code, offerId } = await advocateOf(shop, advocate, {}, mode);
  const visitor = randomUUID();
  const claimId = await comes(world, shop, offerId, { visitor }, mode);
  const { campaign } = await promised(world, shop, 'friend', mode);
  const site = shop.site[mode];
  const offer = await findOffer(world.core, site, code);
  const [given] = await world.core.db
    .transaction()
    .execute((tx) => giveFriendReward(tx, world.core, site, { campaign, offer, claimId, visitor }));
  const order = `order-${number}`;
  await buys(shop, friend, order, { uuid: visitor, ...more }, mode);
  return { advocate, friend, order, visitor, friendCode: given?.coupon?.code ?? '' };
}

const decide = (order: string, status: string) => shop.ask('PUT', `/origins/${order}/referral`, { data: { status } });

interface Told {
  ok: boolean;
  error_message?: string;
  result: {
    referral: {
      status: string;
      advocate_rewards: { status: string; coupon_code: string }[];
      friend_rewards: unknown[];
    };
    referrals: unknown[];
    rewards: { status: string; coupon_code: string | null; void_reason: string | null }[];
  };
}
const told = ({ body }: { body: Record<string, unknown> }) => body as unknown as Told;

const any = (type: 'string' | 'number') => expect.any(type === 'string' ? String : Number) as unknown;

test('who decided and who refunded is in the audit log', async () => {
  const { order } = await brought();
  const audited = async (action: string) => {
    const rows = await world.core.db.selectFrom('audit_log').selectAll().where('action', '=', action).execute();
    return rows.map(({ actor, account_id, details }) => ({ actor, account_id, details }));
  };
  const before = (await audited('referral.decide')).length;
  await decide(order, 'flagged');
  await decide(order, 'flagged');
  await shop.ask('POST', `/origins/${order}/refund`, { data: { refund_subtotal: 4 } });
  const by = { actor: expect.stringMatching(/^key_/) as unknown, account_id: world.account.id };
  const of = { site: 'shop', mode: 'test' };
  const decided = { ...of, origin: any('number'), from: 'pending', to: 'flagged' };
  expect((await audited('referral.decide')).slice(before)).toEqual([{ ...by, details: decided }]);
  expect(await audited('origin.refund')).toEqual([{ ...by, details: { ...of, refunded: 400 } }]);
  expect(await decide('no-such-order', 'approved')).toMatchObject({ status: 404 });
  expect(await audited('referral.decide')).toHaveLength(before + 1);
});

test('a referral is shown to both sides, whole', async () => {
  const { advocate, friend, order, friendCode } = await brought();
  const approved = await decide(order, 'approved');
  expect(approved.status).toBe(200);
  const coupon = (code: unknown) => ({
    ...{ id: any('number'), code, description: null, amount: 10, percentage_discount: false, single_use: true },
    ...{ used: false, active: true, usages: 0, expires_at: null, valid_until: null },
  });
  const reward = (reason: string, code: unknown, description: string) => ({
    ...{ id: any('number'), amount: 10, percentage: false, reason, status: 'Paid', void_reason: null },
    ...{ coupon: coupon(code), coupon_code: code, incentive_type: 'discount_coupon' },
    ...{ incentive_description: description, incentive_custom_description: null },
  });
  const person = (email: string) => ({
    ...{ id: any('number'), email, phone_number: null, first_name: null, last_name: null },
  });
  const referral = {
    ...{ id: any('number'), status: 'approved', campaign_id: shop.campaign.test, offer_id: any('number') },
    ...{ referred_origin_id: any('number'), referred_subtotal: 100, ad_rewarded: true, track_method: 'cookie' },
    fraud_details: [
      ...['self_referral', 'cookie', 'similar_email', 'shipping_address', 'ip_and_user_agent', 'ip', 'phone', 'mutual'],
      'unconfirmed_claim',
    ].map((check) => ({ check, outcome: 'pass', matched: false, evidence: null })),
    fraud_policies_status: {
      ...{ blocked: [], flagged: [], skipped: [] },
      passed: [
        ...['self_referral', 'cookie', 'similar_email', 'shipping_address', 'ip_and_user_agent', 'ip', 'phone'],
        ...['mutual', 'unconfirmed_claim'],
      ],
    },
    ...{ qa_generated: true, created_at: any('string'), updated_at: any('string') },
    ...{ advocate_person: person(advocate), friend_person: person(friend) },
    advocate_rewards: [reward('referrer', expect.stringMatching(/^ADV/), '$10 off for you')],
    friend_rewards: [reward('referred', friendCode, '$10 off for your friend')],
  };
  expect(approved.body).toEqual({ ok: true, result: { referral } });
  const asAdvocate = await shop.ask('GET', `/people/${encodeURIComponent(advocate)}/referrals_as_advocate`);
  expect(asAdvocate).toMatchObject({ status: 200, body: { ok: true, result: { referrals: [referral] } } });
  const asFriend = await shop.ask('GET', `/people/${encodeURIComponent(friend)}/referrals_as_friend`);
  expect(told(asFriend).result.referrals).toEqual([referral]);
  expect(told(await shop.ask('GET', `/people/${advocate}/referrals_as_friend`)).result.referrals).toEqual([]);
  const rewards = await shop.ask('GET', `/people/${friend}/rewards`);
  expect(rewards.body).toEqual({ ok: true, result: { rewards: referral.friend_rewards } });
});

test('approved and voided are final', async () => {
  const [one, other] = [await brought(), await brought()];
  expect((await decide(one.order, 'approved')).status).toBe(200);
  expect(await decide(one.order, 'voided')).toMatchObject({
    status: 422,
    body: {
      ok: false,
      error_message: 'Validation failed: Approved and voided cannot be turned into each other',
    },
  });
  expect((await decide(one.order, 'approved')).status).toBe(200);
  expect((await decide(one.order, 'pending')).status).toBe(422);
  expect((await decide(other.order, 'voided')).status).toBe(200);
  expect((await decide(other.order, 'approved')).status).toBe(422);
});

test.each([
  [
    ['flagged', 'pending', 'blocked', 'unblocked', 'approved'],
    ['flagged', 'pending', 'blocked', 'pending', 'approved'],
  ],
  [
    ['blocked', 'approved'],
    ['blocked', 'approved'],
  ],
  [
    ['flagged', 'voided'],
    ['flagged', 'voided'],
  ],
])('by hand: %s', async (asked, became) => {
  const { order } = await brought();
  const seen: string[] = [];
  for (const status of asked) seen.push(told(await decide(order, status)).result.referral.status);
  expect(seen).toEqual(became);
});

test('what is blocked cannot be voided', async () => {
  const { order } = await brought();
  await decide(order, 'blocked');
  expect(await decide(order, 'voided')).toMatchObject({ status: 422, body: { ok: false } });
});

test('approved and voided at once: one of the two, and rewards only with the one', async () => {
  for (let round = 0; round < 15; round++) {
    const { order, advocate } = await brought();
    const replies = await Promise.all([decide(order, 'approved'), decide(order, 'voided'), decide(order, 'approved')]);
    const statuses = replies.map(({ status }) => status);
    const referral = await referralOf(world, shop, order);
    const { rewards } = told(await shop.ask('GET', `/people/${advocate}/rewards`)).result;
    if (referral?.status === 'approved') {
      expect([statuses, rewards.length]).toEqual([[200, 422, 200], 1]);
    } else {
      expect([referral?.status, statuses, rewards.length]).toEqual(['voided', [422, 200, 422], 0]);
    }
  }
});

test('what nobody decides is approved in its time', async () => {
  const { order, advocate } = await brought();
  const decides = (await referralOf(world, shop, order))?.decides_at?.getTime();
  expect(decides).toBe(world.clock.now() + APPROVAL_DELAY_SECONDS * 1000);
  await world.core.db
    .updateTable('referrals')
    .set({ decides_at: new Date(world.clock.now() + 5000) })
    .where('id', '=', (await referralOf(world, shop, order))?.id ?? 0)
    .execute();
  world.core.wake.referrals();
  await world.run(4000);
  expect((await referralOf(world, shop, order))?.status).toBe('pending');
  await world.runUntil('the approval', async () => (await referralOf(world, shop, order))?.status === 'approved');
  expect(await referralOf(world, shop, order)).toMatchObject({ decided_by: 'time', decides_at: null });
  expect(told(await shop.ask('GET', `/people/${advocate}/rewards`)).result.rewards).toHaveLength(1);
});

test('a refund voids what is pending, and is taken once', async () => {
  const { order, advocate, friend } = await brought();
  const refunded = await shop.ask('POST', `/origins/${order}/refund`, {});
  expect(refunded).toMatchObject({ status: 200 });
  expect(refunded.body).toEqual({
    ok: true,
    result: {
      origin: {
        ...{ id: any('number'), type: 'Purchase', email: friend, customer_id: null, ip_address: null },
        ...{ segment1: null, segment2: null, segment3: null, utm_source: null, utm_medium: null },
        ...{ utm_campaign: null, utm_term: null, utm_content: null, subtotal: 100, coupon_code: null },
        ...{ refunded_at: any('string'), refund_subtotal: 100, partially_refunded: false },
        ...{ order_number: order, order_date: any('string') },
      },
      ...{ referral_status: 'voided', rewards_voided: 0, rewards_kept: 0 },
    },
  });
  expect(await shop.ask('POST', `/origins/${order}/refund`, {})).toMatchObject({
    status: 400,
    body: { ok: false, error_message: 'Origin has already been refunded' },
  });
  expect(await referralOf(world, shop, order)).toMatchObject({ status: 'voided', decided_by: 'refund' });
  expect(told(await shop.ask('GET', `/people/${advocate}/rewards`)).result.rewards).toEqual([]);
});

test('a refund takes back what an approved one gave, but not what was used', async () => {
  const { order, advocate, friend, friendCode } = await brought();
  await buys(shop, friend, `${order}-with-code`, { coupon_codes: [friendCode] });
  const approved = told(await decide(order, 'approved'));
  const code = approved.result.referral.advocate_rewards[0]?.coupon_code;
  const refund = await shop.ask('POST', `/origins/${order}/refund`, {});
  expect(refund.body).toMatchObject({ result: { referral_status: 'approved', rewards_voided: 1, rewards_kept: 1 } });
  const [given] = told(await shop.ask('GET', `/people/${advocate}/rewards`)).result.rewards;
  expect(given).toMatchObject({ status: 'Voided', void_reason: 'The purchase was refunded', coupon_code: code });
  const [kept] = told(await shop.ask('GET', `/people/${friend}/rewards`)).result.rewards;
  expect(kept).toMatchObject({ status: 'Paid', coupon: { used: true } });
  const permission = await shop.ask('GET', `/coupons/${code}/permission/${advocate}`);
  expect(permission.body).toMatchObject({ result: { allowed: false, checks: { coupon_expired: true } } });
});

test('a refund of a part leaves it, and lowers what was referred', async () => {
  const { order, advocate } = await brought();
  await decide(order, 'approved');
  const data = { refund_subtotal: 40.5, refunded_at: '2026-11-01T10:00:00.000Z' };
  const refund = await shop.ask('POST', `/origins/${order}/refund`, { data });
  expect(refund.body).toMatchObject({
    result: {
      origin: { partially_refunded: true, refund_subtotal: 40.5, refunded_at: '2026-11-01T05:00:00.000-05:00' },
      ...{ referral_status: 'approved', rewards_voided: 0, rewards_kept: 0 },
    },
  });
  const [referral] = told(await shop.ask('GET', `/people/${advocate}/referrals_as_advocate`)).result.referrals;
  expect(referral).toMatchObject({ referred_subtotal: 59.5, status: 'approved' });
});

test('two refunds at once are one', async () => {
  const { order } = await brought();
  const replies = await Promise.all([1, 2, 3].map(() => shop.ask('POST', `/origins/${order}/refund`, {})));
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
});

test.each<[string, string, unknown, number, RegExp]>([
  ['PUT', '/origins/none/referral', { data: { status: 'approved' } }, 404, /^No origin found by `origin_slug`\.$/],
  ['PUT', '/origins/plain/referral', { data: { status: 'approved' } }, 404, /^No referral found/],
  ['PUT', '/origins/plain/referral', { data: { status: 'gone' } }, 400, /status/],
  ['PUT', '/origins/plain/referral', { data: {} }, 400, /status` is required/],
  ['PUT', '/origins/plain/referral', {}, 400, /data` is required/],
  [
    'PUT',
    '/origins/plain/referral',
    { data: { status: 'voided', foo: 1 } },
    400,
    /^found unpermitted parameter: :foo$/,
  ],
  ['POST', '/origins/none/refund', {}, 404, /^No origin found by `origin_slug`\.$/],
  ['POST', '/origins/plain/refund', { data: { refund_subtotal: 0 } }, 400, /refund_subtotal/],
  ['POST', '/origins/plain/refund', { data: { refund_subtotal: 100.01 } }, 400, /at most the subtotal/],
  ['POST', '/origins/plain/refund', { data: { refund_subtotal: '5' } }, 400, /refund_subtotal/],
  ['POST', '/origins/plain/refund', { data: { refunded_at: 'yesterday' } }, 400, /refunded_at/],
  ['POST', '/origins/plain/refund', { data: { refunded_at: '2016-12-31T23:59:60Z' } }, 400, /refunded_at.* ISO 8601/],
  ['POST', '/origins/plain/refund', { data: { refunded_at: '2026-11-01T10:00:00' } }, 400, /refunded_at.* ISO 8601/],
  ['POST', '/origins/plain/refund', { data: { bar: 1 } }, 400, /^found unpermitted parameter: :bar$/],
  ['GET', '/people/none@x.example/referrals_as_advocate', undefined, 404, /^No person found by `person_slug`\.$/],
  ['GET', '/people/none@x.example/referrals_as_friend', undefined, 404, /^No person found by `person_slug`\.$/],
  ['GET', '/people/none@x.example/rewards', undefined, 404, /^No person found by `person_slug`\.$/],
  ['GET', '/people/none@x.example/rewards?foo=1', undefined, 400, /^found unpermitted parameter: :foo$/],
])('%s %s %j is refused: %i', async (method, path, body, status, message) => {
  await buys(shop, 'plain@theirs.example', 'plain');
  const reply = await shop.ask(method, path, body);
  expect(reply.status).toBe(status);
  expect(reply.body).toEqual({ ok: false, error_message: expect.stringMatching(message) as string });
});

describe('by hand', () => {
  const hand = (order: string, data: object) => shop.ask('POST', `/manage/origins/${order}/referral`, { data });
  const refused = (status: number, message: string) => ({ status, body: { ok: false, error_message: message } });
  /** An advocate, and an order that was nobody’s. */
  async function nobodys() {
    const number = ++last;
    const [advocate, order] = [`ann${number}@ours.example`, `order-${number}`];
    const { offerId } = await advocateOf(shop, advocate);
    await buys(shop, `bob${number}@theirs.example`, order);
    return { advocate, order, offerId };
  }

  test('an order that was nobody’s is an advocate’s, and rewarded as others are', async () => {
    const { advocate, order, offerId } = await nobodys();
    const made = await hand(order, { advocate });
    expect(made).toMatchObject({
      status: 201,
      body: { result: { referral: { status: 'pending', track_method: 'manually_generated', offer_id: offerId } } },
    });
    expect((await referralOf(world, shop, order))?.decides_at).not.toBeNull();
    expect(told(await decide(order, 'approved')).result.referral.advocate_rewards).toHaveLength(1);
    expect(await hand(order, { advocate })).toMatchObject(
      refused(422, 'Validation failed: The origin has a referral already'),
    );
  });

  test('it is looked at for fraud, unless it is forced', async () => {
    const [one, other] = [await nobodys(), await nobodys()];
    for (const { advocate } of [one, other])
      await buys(shop, advocate, `${advocate} sent`, { shipping_address: 'A 1' });
    const sent = await Promise.all(
      [one, other].map(async ({ order, advocate }) => {
        await buys(shop, `${order}@theirs.example`, `${order}-same`, { shipping_address: 'A 1' });
        return { order: `${order}-same`, advocate };
      }),
    );
    expect(await hand(sent[0]?.order ?? '', { advocate: one.advocate })).toMatchObject({
      status: 201,
      body: { result: { referral: { status: 'flagged', fraud_policies_status: { flagged: ['shipping_address'] } } } },
    });
    expect(await hand(sent[1]?.order ?? '', { advocate: other.advocate, force: true })).toMatchObject({
      status: 201,
      body: { result: { referral: { status: 'pending', track_method: 'force_manually_generated' } } },
    });
  });

  test('an offer that is over counts only where it is forced', async () => {
    const { advocate, order, offerId } = await nobodys();
    const ended = new Date(world.clock.now() - 1000);
    await world.core.db.updateTable('offers').set({ expires_at: ended }).where('id', '=', offerId).execute();
    const none = 'Validation failed: The advocate has no offer that counts for this origin';
    expect(await hand(order, { advocate })).toMatchObject(refused(422, none));
    const forced = await hand(order, { advocate, force: true, campaign: 'give-10-get-10' });
    expect(forced.status).toBe(201);
  });

  test('one that was voided makes room for another that is forced', async () => {
    const [wrong, right] = [await nobodys(), await nobodys()];
    const { order } = wrong;
    expect((await hand(order, { advocate: wrong.advocate })).status).toBe(201);
    const first = await referralOf(world, shop, order);
    const taken = refused(422, 'Validation failed: The origin has a referral already');
    expect(await hand(order, { advocate: right.advocate, force: true })).toMatchObject(taken);
    await decide(order, 'voided');
    expect(await hand(order, { advocate: right.advocate })).toMatchObject(taken);
    const replies = await Promise.all([1, 2, 3].map(() => hand(order, { advocate: right.advocate, force: true })));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 422, 422]);
    expect(await referralOf(world, shop, order)).toMatchObject({
      ...{ status: 'pending', track_method: 'force_manually_generated', advocate: right.advocate },
    });
    // Nothing says any more that the other one was.
    const told = world.core.db.selectFrom('events').select('data').where('subject', '=', String(first?.id));
    for (const { data } of await told.execute()) expect(data).toEqual({});
    expect((await shop.ask('GET', `/people/${wrong.advocate}/referrals_as_advocate`)).body).toMatchObject({
      result: { referrals: [] },
    });
    const approved = await decide(order, 'approved');
    expect(approved).toMatchObject({ body: { result: { referral: { status: 'approved' } } } });
    expect(await hand(order, { advocate: wrong.advocate, force: true })).toMatchObject(taken);
  });

  test('many at once are one', async () => {
    const { advocate, order } = await nobodys();
    const replies = await Promise.all(Array.from({ length: 5 }, () => hand(order, { advocate })));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422, 422]);
  });

  test('by hand and refunded at once: nothing is left to approve', async () => {
    for (let round = 0; round < 10; round++) {
      const { advocate, order } = await nobodys();
      const refund = () => shop.ask('POST', `/origins/${order}/refund`, {});
      const [made, refunded] = await Promise.all([hand(order, { advocate }), refund()]);
      expect(refunded.status).toBe(200);
      const referral = await referralOf(world, shop, order);
      expect([made.status, referral?.status]).toEqual(made.status === 201 ? [201, 'voided'] : [422, undefined]);
    }
  });

  test('what cannot be', async () => {
    const { advocate, order } = await nobodys();
    const own = `own-${order}`;
    await buys(shop, advocate, own);
    await buys(shop, 'plain@theirs.example', 'plain');
    expect(await hand(own, { advocate, force: true })).toMatchObject(
      refused(422, 'Validation failed: Nobody brings themselves'),
    );
    expect(await hand('none', { advocate })).toMatchObject(refused(404, 'No origin found by `origin_slug`.'));
    expect(await hand(order, { advocate: 'none@x.example' })).toMatchObject(
      refused(404, 'No person found by `person_slug`.'),
    );
    expect(await hand(order, { advocate, campaign: 'none' })).toMatchObject(refused(404, 'No campaign found.'));
    expect((await hand(order, { advocate, campaign: 2 ** 63 })).status).toBe(400);
    expect(await hand(order, { advocate: 'plain@theirs.example' })).toMatchObject({ status: 201 });
    expect(await hand(order, {})).toMatchObject(refused(400, '`data.advocate` is required'));
    await shop.ask('POST', '/origins/plain/refund', {});
    expect(await hand('plain', { advocate })).toMatchObject(refused(422, 'Validation failed: The origin was refunded'));
  });
});

test('what is of another half or another site is not there', async () => {
  const { order, advocate } = await brought();
  expect((await shop.ask('POST', `/origins/${order}/refund`, {}, 'live')).status).toBe(404);
  expect((await shop.ask('GET', `/people/${advocate}/rewards`, undefined, 'live')).status).toBe(404);
  const other = await world.request('PUT', `/referrals/api/v2/origins/${order}/referral`, {
    body: { site_slug: 'other', data: { status: 'approved' } },
  });
  expect(other.status).toBe(404);
});

test('a purchase and an event of one name are told apart by their type', async () => {
  const person = { email: 'both@theirs.example', subtotal: 10 };
  const event = { ...person, event_category: 'cat', event_number: '5' };
  await shop.ask('POST', '/origins/event', { data: event });
  const refund = (query = '') => shop.ask('POST', `/origins/cat%3A5/refund${query}`, { data: { refund_subtotal: 4 } });
  const error_message =
    'A purchase and an event have this `origin_slug`: say by `origin_type` which, Purchase or Event.';
  expect((await refund('?origin_type=Purchase')).status).toBe(404);
  await buys(shop, person.email, 'cat:5', { subtotal: 10 });
  for (const [method, path, body] of [
    ['POST', '/origins/cat%3A5/refund', {}],
    ['PUT', '/origins/cat%3A5/referral', { data: { status: 'approved' } }],
    ['POST', '/manage/origins/cat%3A5/referral', { data: { advocate: person.email } }],
    ['POST', '/manage/origins/cat%3A5/referral/pay', {}],
  ] as const) {
    expect(await shop.ask(method, path, body)).toMatchObject({ status: 400, body: { ok: false, error_message } });
  }
  for (const type of ['Event', 'Purchase']) {
    const { status, body } = await refund(`?origin_type=${type}`);
    expect([status, body]).toMatchObject([200, { result: { origin: { type, refund_subtotal: 4 } } }]);
  }
  expect((await refund('?origin_type=AffiliateMember')).status).toBe(400);
});
