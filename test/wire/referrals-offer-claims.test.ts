import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advocateOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
});
afterAll(() => world.close());

const claim = (advocate_email: string, friend_email: string, more = {}) =>
  shop.ask('POST', '/offer_claims?site_slug=shop', { advocate_email, friend_email, ...more });

test('an offer reaches a friend, who is given what is promised; the same again answers the same', async () => {
  const first = await claim('ann@ours.example', 'bob@theirs.example');
  expect(first.status).toBe(200);
  const code = expect.stringMatching(/^FRD/) as unknown;
  expect(first.body).toEqual({
    ok: true,
    result: {
      friend_reward: {
        ...{ id: expect.any(Number) as unknown, amount: 10, percentage: false, reason: 'referred', status: 'Paid' },
        ...{ void_reason: null, coupon_code: code, incentive_type: 'discount_coupon' },
        ...{ incentive_description: '$10 off for your friend', incentive_custom_description: null },
        coupon: {
          ...{ id: expect.any(Number) as unknown, code, description: null, amount: 10, percentage_discount: false },
          ...{ single_use: true, used: false, active: true, usages: 0, expires_at: null, valid_until: null },
        },
      },
      friend_unredeem_reason: null,
      friend_human_unredeem_reason: null,
    },
  });
  expect((await claim('ann@ours.example', 'bob@theirs.example')).body).toEqual(first.body);
  const bought = await shop.ask('POST', '/origins/purchase', {
    data: { email: 'bob@theirs.example', order_number: 'claimed-1', subtotal: 100 },
  });
  expect(bought.status).toBe(201);
  const { body } = await shop.ask('GET', '/people/bob@theirs.example/referrals_as_friend');
  expect(body).toMatchObject({
    result: { referrals: [{ track_method: 'gated_email', advocate_person: { email: 'ann@ours.example' } }] },
  });
});

test('nobody is rewarded for recommending a shop to themselves', async () => {
  const { status, body } = await claim('eve@ours.example', 'Eve+again@ours.example');
  expect(status).toBe(200);
  expect(body).toMatchObject({ result: { friend_reward: null, friend_unredeem_reason: 'SELF_REFERRAL' } });
});

test('an offer that is over reaches nobody', async () => {
  const advocate = 'late@ours.example';
  const { offerId } = await advocateOf(shop, advocate);
  const ended = new Date(world.clock.now() - 1);
  await world.core.db.updateTable('offers').set({ expires_at: ended }).where('id', '=', offerId).execute();
  const { status, body } = await claim(advocate, 'too-late@theirs.example');
  expect(status).toBe(200);
  expect(body).toEqual({
    ok: true,
    result: {
      ...{ friend_reward: null, friend_unredeem_reason: 'OFFER_EXPIRED' },
      friend_human_unredeem_reason: 'The offer of the advocate is over.',
    },
  });
  expect((await shop.ask('GET', '/people/too-late@theirs.example')).status).toBe(404);
});

test.each([
  ['advocate', 'nobody', 'bob@theirs.example', 'Invalid `advocate_email`.'],
  ['friend', 'ann@ours.example', 'bob@', 'Invalid `friend_email`.'],
])('an address of the %s that is none is told', async (_who, advocate, friend, error_message) => {
  expect(await claim(advocate, friend)).toMatchObject({ status: 400, body: { ok: false, error_message } });
});

describe('a claim that is in the query, or names a tag', () => {
  const asked = (query: string, body?: unknown) => shop.ask('POST', `/offer_claims?${query}`, body);
  const BOTH = 'advocate_email=amy@ours.example&friend_email=ben@theirs.example';

  test('is the same as in the body', async () => {
    const first = await asked(BOTH);
    expect(first).toMatchObject({ status: 200, body: { result: { friend_reward: { status: 'Paid' } } } });
    expect((await claim('amy@ours.example', 'ben@theirs.example')).body).toEqual(first.body);
    const half = await asked('advocate_email=amy@ours.example', { friend_email: 'ben@theirs.example' });
    expect(half.body).toEqual(first.body);
  });

  test('is of a campaign with that tag', async () => {
    expect(await asked(`${BOTH}&campaign_tag=default`)).toMatchObject({ status: 200 });
    expect(await claim('amy@ours.example', 'ben@theirs.example', { campaign_tag: 'default' })).toMatchObject({
      status: 200,
    });
    expect(await asked(`${BOTH}&campaign_tag=no-such`)).toMatchObject({
      status: 400,
      body: { ok: false, error_message: 'No campaign found.' },
    });
  });

  test.each([
    ['two that differ', BOTH, { friend_email: 'other@theirs.example' }, /^`friend_email` is not the same in the query/],
    ['none of the friend', 'advocate_email=amy@ours.example', {}, /^`friend_email` is required$/],
    ['a field that is none', `${BOTH}&foo=1`, {}, /^found unpermitted parameter: :foo$/],
  ])('is refused with %s', async (_what, query, body, message) => {
    expect(await asked(query, body)).toMatchObject({
      status: 400,
      body: { ok: false, error_message: expect.stringMatching(message) as unknown },
    });
  });
});

test('a field that is missing, and one that is none', async () => {
  expect(await shop.ask('POST', '/offer_claims', { friend_email: 'bob@theirs.example' })).toMatchObject({
    status: 400,
    body: { ok: false, error_message: '`advocate_email` is required' },
  });
  expect(await claim('ann@ours.example', 'bob@theirs.example', { foo: 1 })).toMatchObject({
    status: 400,
    body: { ok: false, error_message: 'found unpermitted parameter: :foo' },
  });
});

test('without an open campaign there is nothing to claim', async () => {
  await world.core.db.updateTable('referral_campaigns').set({ status: 'disabled' }).execute();
  const reply = await claim('new@ours.example', 'bob@theirs.example');
  expect(reply).toMatchObject({ status: 400, body: { ok: false, error_message: 'No campaign found.' } });
  expect((await shop.ask('GET', '/people/new@ours.example')).status).toBe(404);
});

test('who joined by buying is reached, too, where a campaign takes nobody for the asking', async () => {
  const buyers = await openShop(world, { slug: 'buyers', campaign: { joinableBy: ['purchase'] } });
  const claimed = (more = {}) =>
    buyers.ask('POST', '/offer_claims', {
      ...{ advocate_email: 'ann@ours.example', friend_email: 'bob@theirs.example', ...more },
    });
  const nobody = { status: 400, body: { ok: false, error_message: 'No campaign found.' } };
  expect(await claimed()).toMatchObject(nobody);
  const data = { email: 'ann@ours.example', order_number: '1', subtotal: 10 };
  expect((await buyers.ask('POST', '/origins/purchase', { data })).status).toBe(201);
  const reward = { friend_reward: { status: 'Paid' }, friend_unredeem_reason: null };
  expect(await claimed()).toMatchObject({ status: 200, body: { result: reward } });
  expect(await claimed({ campaign_tag: 'default' })).toMatchObject({ status: 200, body: { result: reward } });
  expect(await claimed({ campaign_tag: 'other' })).toMatchObject(nobody);
});
