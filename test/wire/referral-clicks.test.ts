/** What friends are given for coming by a link, whatever becomes of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { advocateOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
const CLICK = { identifier: 'welcome', reason: 'click', type: 'discount_coupon', amount: 10, description: '$10 off' };
let world: World;
let shop: Shop;
let campaign: { slug: string; name: string };

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  const { body } = await shop.ask('GET', '/manage/campaigns');
  const [first] = (body as { result: { campaigns: (typeof campaign)[] } }).result.campaigns;
  if (first === undefined) throw new Error('a shop has a campaign');
  campaign = { slug: first.slug, name: first.name };
  expect(await promise({ ...CLICK, coupon_list: 'Friends' })).toMatchObject({ status: 200 });
});
afterAll(() => world.close());

function promise(incentive: object) {
  return shop.ask('PUT', `/manage/campaigns/${campaign.slug}`, { name: campaign.name, incentives: [incentive] });
}

async function come(code: string, cookie?: string): Promise<{ location: string; cookie: string }> {
  const headers = { 'user-agent': BROWSER, ...(cookie === undefined ? {} : { cookie }) };
  const reply = await world.request('GET', `/r/${code}`, { key: null, headers });
  expect(reply.status).toBe(302);
  return {
    location: String(reply.headers['location']),
    cookie: cookie ?? String(reply.headers['set-cookie']).split(';')[0] ?? '',
  };
}

async function rewardsIn(cookie: string): Promise<{ coupon_code: string }[]> {
  const { body } = await shop.ask('GET', `/rewards?visitor_uuid=${cookie.split('=')[1]}`);
  return (body as { result: { rewards: { coupon_code: string }[] } }).result.rewards;
}

test('a coupon is the friend’s as soon as they come, once, and leads what they buy to the advocate', async () => {
  const { code } = await advocateOf(shop, 'anna@example.com');
  const offer = await shop.ask('GET', `/offers/${code}`);
  expect(offer.body).toMatchObject({
    result: { offer: { incentives: { welcome: { action_type: 'click', for_advocate: false, for_friend: true } } } },
  });
  const { location, cookie } = await come(code);
  const [reward, ...others] = await rewardsIn(cookie);
  expect(reward).toMatchObject({ reason: 'click', status: 'Paid', amount: 10, incentive_type: 'discount_coupon' });
  expect(others).toEqual([]);
  expect(new URL(location).searchParams.get('coupon')).toBe(reward?.coupon_code);
  expect((await come(code, cookie)).location).toContain(`coupon=${reward?.coupon_code}`);
  expect(await rewardsIn(cookie)).toHaveLength(1);

  const data = { email: 'tom@example.com', order_number: '1', subtotal: 20, coupon_codes: [reward?.coupon_code] };
  expect((await shop.ask('POST', '/origins/purchase', { data })).status).toBe(201);
  const { body } = await shop.ask('GET', '/people/tom%40example.com/referrals_as_friend');
  expect(body).toMatchObject({
    result: { referrals: [{ track_method: 'coupon', advocate_person: { email: 'anna@example.com' } }] },
  });
});

test('advocates are given nothing for their own links', async () => {
  const uuid = '6f1d3c1e-2a57-4f0e-9d5c-0d2f6a1b7c11';
  const { code } = await advocateOf(shop, 'by-themselves@example.com', { uuid });
  const cookie = `sidetone_${shop.site.test.publicId}=${uuid}`;
  expect((await come(code, cookie)).location).not.toContain('coupon=');
  expect(await rewardsIn(cookie)).toEqual([]);
});

test('money is promised to nobody whose name is not known', async () => {
  expect(await promise({ ...CLICK, type: 'rebate' })).toMatchObject({
    status: 422,
    body: { ok: false, error_message: expect.stringContaining('`incentives[0].type`') as string },
  });
});
