/** What an approved referral gives, by each criterion, and what refunds and time make of it, also at once. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Incentive, IncentiveCriteria } from '#core/referral-campaigns/index.js';
import { advocateOf, buys, comes, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let last = 0;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** For the advocate, and known by its description. */
const incentive = (identifier: string, criteria?: IncentiveCriteria): Incentive => ({
  ...{ identifier, reason: 'referrer', kind: 'other', amount: 500, description: identifier },
  ...(criteria === undefined ? {} : { criteria }),
});

/** An advocate, with another friend by the same browser each time. */
async function advocate(shop: Shop) {
  const email = `advocate-${++last}@ours.example`;
  const { offerId } = await advocateOf(shop, email);
  const refer = async (friend: string, data: Record<string, unknown> = {}, visitor = randomUUID()): Promise<string> => {
    const order = `order-${++last}`;
    await comes(world, shop, offerId, { visitor });
    expect((await buys(shop, friend, order, { uuid: visitor, ...data })).status).toBe(201);
    return order;
  };
  return { email, offerId, refer };
}

interface Given {
  incentive_description: string;
  status: string;
  void_reason: string | null;
}

const friend = (): string => `friend-${++last}@theirs.example`;

async function approve(shop: Shop, slug: string): Promise<string[]> {
  const { status, body } = await shop.ask('PUT', `/origins/${slug}/referral`, { data: { status: 'approved' } });
  expect(status).toBe(200);
  const { referral } = body['result'] as { referral: { advocate_rewards: Given[] } };
  return referral.advocate_rewards.map((one) => one.incentive_description).sort();
}

async function rewardsOf(shop: Shop, email: string): Promise<Given[]> {
  const { body } = await shop.ask('GET', `/people/${email}/rewards`);
  return (body['result'] as { rewards: Given[] }).rewards;
}

test('each criterion holds, or what it is of is not given', async () => {
  const incentives = [
    incentive('always'),
    incentive('new_customer', { newCustomer: true }),
    incentive('opt_in', { newOptIn: true }),
    incentive('from_50', { subtotalMin: 5000 }),
    incentive('to_50', { subtotalMax: 5000 }),
    incentive('from_second', { referralsMin: 2 }),
    incentive('first', { referralsMax: 1 }),
    incentive('every_second', { referralsDivisibleBy: 2 }),
    incentive('once', { uniqueness: 'person' }),
    incentive('once_a_friend', { uniqueness: 'friend' }),
    incentive('lead', { friendEventCategory: 'lead' }),
  ];
  const shop = await openShop(world, {
    slug: 'criteria',
    campaign: { incentives, convertsBy: ['purchase', 'event:lead'] },
  });
  const { refer, offerId } = await advocate(shop);
  const [ann, bob, eve] = [friend(), friend(), friend()];
  expect(await approve(shop, await refer(ann))).toEqual(
    ['always', 'first', 'from_50', 'new_customer', 'once', 'once_a_friend'].sort(),
  );
  expect(await approve(shop, await refer(ann, { subtotal: 49.99 }))).toEqual(
    ['always', 'every_second', 'from_second', 'to_50'].sort(),
  );
  const order = await refer(bob, { subtotal: 50 });
  const agreed = { opted_in_at: new Date(world.clock.now() + 1000) };
  await world.core.db.updateTable('site_people').set(agreed).where('email', '=', bob).execute();
  expect(await approve(shop, order)).toEqual(
    ['always', 'from_50', 'from_second', 'new_customer', 'once_a_friend', 'opt_in', 'to_50'].sort(),
  );
  const visitor = randomUUID();
  await comes(world, shop, offerId, { visitor });
  const data = { email: eve, event_category: 'lead', event_number: '1', subtotal: 0, uuid: visitor };
  expect((await shop.ask('POST', '/origins/event', { data })).status).toBe(201);
  expect(await approve(shop, 'lead:1')).toEqual(
    ['always', 'every_second', 'from_second', 'lead', 'new_customer', 'once_a_friend', 'to_50'].sort(),
  );
});

describe('a milestone of referrals', () => {
  const approvals = (count: number): 'approve'[] => Array.from({ length: count }, () => 'approve');
  const refund = (nth: number) => ({ refund: nth });

  test.each([
    ['every third, without a refund', { referralsDivisibleBy: 3 }, approvals(7), ['', '', 'it', '', '', 'it', '']],
    [
      'every third, after one before it came back',
      { referralsDivisibleBy: 3 },
      [...approvals(3), refund(1), ...approvals(4)],
      ['', '', 'it', '', '', '', 'it'],
    ],
    [
      'every third, after itself came back',
      { referralsDivisibleBy: 3 },
      [...approvals(3), refund(3), ...approvals(4)],
      ['', '', 'it', 'it', '', '', 'it'],
    ],
    [
      'the third alone, after one before it came back',
      { referralsMin: 3, referralsMax: 3 },
      [...approvals(3), refund(1), ...approvals(2)],
      ['', '', 'it', '', ''],
    ],
    [
      'from the second on, after the first came back',
      { referralsMin: 2 },
      [...approvals(3), refund(1), ...approvals(2)],
      ['', 'it', 'it', '', 'it'],
    ],
    [
      'the first two, after one of them came back',
      { referralsMax: 2 },
      [...approvals(2), refund(1), ...approvals(2)],
      ['it', 'it', 'it', ''],
    ],
    [
      'every second from the fourth on, after an earlier one came back',
      { referralsMin: 4, referralsDivisibleBy: 2 },
      [...approvals(4), refund(1), ...approvals(3)],
      ['', '', '', 'it', '', '', 'it'],
    ],
  ])('is rewarded once: %s', async (_what, criteria, steps, gave) => {
    const shop = await openShop(world, {
      slug: `milestone-${++last}`,
      campaign: { incentives: [incentive('it', criteria)] },
    });
    const { refer } = await advocate(shop);
    const orders: string[] = [];
    const given: string[] = [];
    for (const step of steps) {
      if (step === 'approve') {
        const order = await refer(friend());
        orders.push(order);
        given.push((await approve(shop, order)).join(' '));
      } else {
        const { status } = await shop.ask('POST', `/origins/${orders[step.refund - 1]}/refund`, {});
        expect(status).toBe(200);
      }
    }
    expect(given).toEqual(gave);
  });

  const promise = async (shop: Shop, incentive: object): Promise<void> => {
    const { status } = await shop.ask('PUT', '/manage/campaigns/give-10-get-10', { incentives: [incentive] });
    expect(status).toBe(200);
  };

  test('counts what was given for milestones alone, where an incentive becomes one', async () => {
    const shop = await openShop(world, { slug: 'milestone-later', campaign: { incentives: [incentive('it')] } });
    const { refer } = await advocate(shop);
    for (let count = 1; count <= 3; count++) expect(await approve(shop, await refer(friend()))).toEqual(['it']);
    const other = { identifier: 'it', reason: 'referrer', type: 'other', amount: 5, description: 'it' };
    await promise(shop, { ...other, criteria: { referrals_divisible_by: 2 } });
    expect(await approve(shop, await refer(friend()))).toEqual(['it']);
    expect(await approve(shop, await refer(friend()))).toEqual([]);
    expect(await approve(shop, await refer(friend()))).toEqual(['it']);
  });

  test('is reached whose coupon was used and so is kept', async () => {
    const shop = await openShop(world, { slug: 'milestone-kept' });
    const coupon = {
      ...{ identifier: 'it', reason: 'referrer', type: 'discount_coupon', amount: 10, description: 'it' },
      ...{ coupon_list: 'Advocates', criteria: { referrals_divisible_by: 2 } },
    };
    await promise(shop, coupon);
    const { refer, email } = await advocate(shop);
    expect(await approve(shop, await refer(friend()))).toEqual([]);
    const second = await refer(friend());
    expect(await approve(shop, second)).toEqual(['it']);
    const { body } = await shop.ask('GET', `/people/${email}/rewards`);
    const { rewards } = body['result'] as { rewards: { coupon_code: string }[] };
    await buys(shop, email, `order-${++last}`, { coupon_codes: [rewards[0]?.coupon_code] });
    const refunded = await shop.ask('POST', `/origins/${second}/refund`, {});
    expect(refunded.body).toMatchObject({ result: { rewards_voided: 0, rewards_kept: 1 } });
    expect(await approve(shop, await refer(friend()))).toEqual([]);
    expect(await approve(shop, await refer(friend()))).toEqual([]);
    expect(await approve(shop, await refer(friend()))).toEqual(['it']);
  });
});

test('a coupon of which the incentive says no worth is worth what its list says, once it is given', async () => {
  const shop = await openShop(world, { slug: 'unsaid' });
  const list = await shop.ask('POST', '/manage/coupon_lists', { name: 'Eighth', percentage: 12.5, prefix: 'E-' });
  const { id } = (list.body['result'] as { coupon_list: { id: number } }).coupon_list;
  const coupon = { type: 'discount_coupon', description: '12.5 %', coupon_list: 'Eighth' };
  const campaign = await shop.ask('PUT', '/manage/campaigns/give-10-get-10', {
    incentives: [{ identifier: 'advocate', reason: 'referrer', ...coupon }],
  });
  expect(campaign.status).toBe(200);
  const { refer, email } = await advocate(shop);
  await approve(shop, await refer(friend()));
  const worth = { amount: 12.5, percentage: true, status: 'Paid' };
  expect(await rewardsOf(shop, email)).toMatchObject([
    { ...worth, coupon: { amount: 12.5, percentage_discount: true } },
  ]);
  await world.settle();
  const events = await world.core.db.selectFrom('events').select('data').where('type', '=', 'reward.given').execute();
  const mine = events.map(({ data }) => data).filter(({ site }) => site === 'unsaid');
  expect(mine).toMatchObject([{ reward: { amount: null, percentage: 1250 } }]);
  // What was given stays what it was.
  await shop.ask('PUT', `/manage/coupon_lists/${id}`, { name: 'Eighth', percentage: 10, prefix: 'E-' });
  expect(await rewardsOf(shop, email)).toMatchObject([worth]);
});

test('a refund of a part takes back what needs more than is left', async () => {
  const incentives = [
    incentive('any'),
    incentive('from_50', { subtotalMin: 5000 }),
    incentive('from_40', { subtotalMin: 4000 }),
  ];
  const shop = await openShop(world, { slug: 'parts', campaign: { incentives } });
  const { refer, email } = await advocate(shop);
  const order = await refer(friend());
  expect(await approve(shop, order)).toEqual(['any', 'from_40', 'from_50']);
  const refund = await shop.ask('POST', `/origins/${order}/refund`, { data: { refund_subtotal: 60 } });
  expect(refund).toMatchObject({ status: 200, body: { result: { rewards_voided: 1, rewards_kept: 0 } } });
  const rewards = await rewardsOf(shop, email);
  expect(rewards.map((one) => [one.incentive_description, one.status, one.void_reason]).sort()).toEqual([
    ['any', 'Paid', null],
    ['from_40', 'Paid', null],
    ['from_50', 'Voided', 'What is left of the purchase is too little'],
  ]);
});

test.each(['approved', 'voided'] as const)(
  'what is flagged becomes %s in its time, as its campaign says',
  async (becomes) => {
    const flagged = { delay: 60, becomes };
    const shop = await openShop(world, {
      slug: `flagged-${becomes}`,
      campaign: { incentives: [incentive('any')], flagged },
    });
    const { refer, email } = await advocate(shop);
    const order = await refer(friend());
    await shop.ask('PUT', `/origins/${order}/referral`, { data: { status: 'flagged' } });
    await world.run(58_000);
    expect(await referralOf(world, shop, order)).toMatchObject({ status: 'flagged' });
    await world.run(4000);
    expect(await referralOf(world, shop, order)).toMatchObject({
      status: becomes,
      decided_by: 'time',
      decides_at: null,
    });
    expect(await rewardsOf(shop, email)).toHaveLength(becomes === 'approved' ? 1 : 0);
  },
);

test('a check that is skipped finds nothing, and one that passes is told', async () => {
  const fraud = { similar_email: 'skip', shipping_address: 'pass' } as const;
  const shop = await openShop(world, { slug: 'policies', campaign: { fraud } });
  const { refer, email } = await advocate(shop);
  const sent = { shipping_address: 'Main Street 1' };
  await buys(shop, email, `order-${++last}`, sent);
  const order = await refer(email.replace('@', 'x@'), sent);
  const referral = await referralOf(world, shop, order);
  expect(referral?.status).toBe('pending');
  expect(referral?.fraud).toEqual(
    expect.arrayContaining([
      { check: 'similar_email', outcome: 'skip', matched: false, evidence: null },
      {
        check: 'shipping_address',
        outcome: 'pass',
        matched: true,
        evidence: expect.stringMatching(/same address/) as string,
      },
    ]),
  );
});

test('approved in its time and refunded at once, thirty times: nothing is left of it that was given', async () => {
  const shop = await openShop(world, { slug: 'races', campaign: { incentives: [incentive('any')] } });
  const { refer, email } = await advocate(shop);
  const seen = new Set<string>();
  for (let round = 0; round < 30; round++) {
    const order = await refer(friend());
    const before = (await rewardsOf(shop, email)).length;
    const due = { decides_at: new Date(world.clock.now()) };
    const { id = 0 } = (await referralOf(world, shop, order)) ?? {};
    await world.core.db.updateTable('referrals').set(due).where('id', '=', id).execute();
    // The one is first, the other is, or whichever comes first.
    const first = ['approval', 'refund', 'either'][round % 3];
    if (first !== 'refund') world.core.wake.referrals();
    if (first === 'approval') await world.settle();
    const refund = await shop.ask('POST', `/origins/${order}/refund`, {});
    expect(refund.status).toBe(200);
    world.core.wake.referrals();
    await world.settle();
    const rewards = await rewardsOf(shop, email);
    const { status = '' } = (await referralOf(world, shop, order)) ?? {};
    seen.add(status);
    expect(rewards.filter((one) => one.status === 'Paid')).toEqual([]);
    expect([status, rewards.length - before]).toEqual(status === 'approved' ? ['approved', 1] : ['voided', 0]);
  }
  expect([...seen].sort()).toEqual(['approved', 'voided']);
});

test('one purchase, sent twenty times at once, gives one reward', async () => {
  const shop = await openShop(world, { slug: 'equal', campaign: { incentives: [incentive('any')], approvalDelay: 0 } });
  const { email, offerId } = await advocate(shop);
  const [visitor, order, buyer] = [randomUUID(), `order-${++last}`, friend()];
  await comes(world, shop, offerId, { visitor });
  const replies = await Promise.all(Array.from({ length: 20 }, () => buys(shop, buyer, order, { uuid: visitor })));
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201));
  await world.settle();
  expect(await rewardsOf(shop, email)).toMatchObject([{ status: 'Paid' }]);
});

test('what was refunded whole is not approved any more, whatever it was', async () => {
  const shop = await openShop(world, { slug: 'blocked', campaign: { incentives: [incentive('any')] } });
  const { refer, email } = await advocate(shop);
  const order = await refer(friend());
  const decide = (status: string) => shop.ask('PUT', `/origins/${order}/referral`, { data: { status } });
  await decide('blocked');
  expect((await shop.ask('POST', `/origins/${order}/refund`, {})).body).toMatchObject({
    result: { referral_status: 'blocked' },
  });
  for (const status of ['approved', 'unblocked', 'flagged']) {
    expect(await decide(status)).toMatchObject({
      ...{ status: 422, body: { error_message: 'Validation failed: The origin was refunded' } },
    });
  }
  expect(await rewardsOf(shop, email)).toEqual([]);
});

test('what a friend was given before they said who they are is the one that they may be given', async () => {
  const shop = await openShop(world, { slug: 'once-at-all' });
  const once = {
    ...{ identifier: 'friend', reason: 'referred', type: 'discount_coupon', amount: 10, description: '$10 off' },
    ...{ coupon_list: 'Friends', criteria: { uniqueness: 'person' } },
  };
  expect((await shop.ask('PUT', '/manage/campaigns/give-10-get-10', { incentives: [once] })).status).toBe(200);
  const [first, other] = [`advocate-${++last}@ours.example`, `advocate-${++last}@ours.example`];
  const { code } = await advocateOf(shop, first);
  const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0' };
  const came = await world.request('GET', `/r/${code}`, { key: null, headers });
  const coupon = new URL(String(came.headers['location'])).searchParams.get('coupon');
  expect(coupon).toMatch(/^FRD/);
  const somebody = friend();
  const order = `order-${++last}`;
  await buys(shop, somebody, order, { coupon_codes: [coupon] });
  await approve(shop, order);
  expect(await rewardsOf(shop, somebody)).toMatchObject([{ coupon_code: coupon, status: 'Paid' }]);

  await advocateOf(shop, other);
  const claim = await shop.ask('POST', '/offer_claims', { advocate_email: other, friend_email: somebody });
  expect(claim.body).toMatchObject({ result: { friend_reward: { coupon_code: coupon } } });
  expect(await rewardsOf(shop, somebody)).toHaveLength(1);
});
