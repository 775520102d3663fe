/** What an advocate is given for friends who come by the link alone: nobody vouches for them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { advocateOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
let world: World;
let shop: Shop;
let last = 0;

beforeAll(async () => {
  world = await openWorld();
  const incentives = [
    { identifier: 'click', reason: 'click' as const, kind: 'rebate' as const, amount: 10, description: '10 cents' },
  ];
  shop = await openShop(world, { campaign: { incentives } });
});
afterAll(() => world.close());

async function advocate() {
  const email = `advocate-${++last}@example.com`;
  return { email, ...(await advocateOf(shop, email)) };
}

async function clicks(code: string, from: string, headers: Record<string, string> = {}): Promise<string> {
  const asked = { key: null, from, headers: { 'user-agent': BROWSER, ...headers } };
  const reply = await world.request('GET', `/r/${code}`, asked);
  return String(reply.headers['set-cookie']).split(';')[0] ?? '';
}

async function rewardsOf(email: string): Promise<unknown[]> {
  const { body } = await shop.ask('GET', `/people/${email}/rewards`);
  return (body['result'] as { rewards: unknown[] }).rewards;
}

test('it is the advocate’s, and their offer says so', async () => {
  const { email, code } = await advocate();
  const { body } = await shop.ask('GET', `/offers/${code}`);
  expect(body).toMatchObject({
    result: { offer: { incentives: { click: { for_advocate: true, for_friend: false } } } },
  });
  const cookie = await clicks(code, '198.51.100.1');
  expect(await rewardsOf(email)).toMatchObject([{ reason: 'click', status: 'Paid', amount: 0.1 }]);
  const visitor = cookie.split('=')[1];
  const friends = await shop.ask('GET', `/rewards?visitor_uuid=${visitor}`);
  expect(friends.body).toMatchObject({ result: { rewards: [] } });
});

test('it is given once for a browser, and for the first of its network', async () => {
  const { email, code } = await advocate();
  const cookie = await clicks(code, '198.51.100.1');
  await clicks(code, '198.51.100.1', { cookie });
  await clicks(code, '198.51.100.2', { cookie });
  await clicks(code, '198.51.100.1');
  await clicks(code, '2001:db8::1');
  await clicks(code, '2001:db8::2');
  await clicks(code, '198.51.100.3', { 'user-agent': 'WhatsApp/2.23' });
  expect(await rewardsOf(email)).toHaveLength(2);
});

test('it is given ten times a day, however many networks there are', async () => {
  const { email, code } = await advocate();
  await Promise.all(Array.from({ length: 15 }, (_, n) => clicks(code, `203.0.113.${n}`)));
  expect(await rewardsOf(email)).toHaveLength(10);
});

test('advocates earn nothing by their own links', async () => {
  const uuid = '6f1d3c1e-2a57-4f0e-9d5c-0d2f6a1b7c11';
  const email = 'by-themselves@example.com';
  const { code } = await advocateOf(shop, email, { uuid });
  await clicks(code, '198.51.100.9', { cookie: `sidetone_${shop.site.test.publicId}=${uuid}` });
  expect(await rewardsOf(email)).toEqual([]);
});
