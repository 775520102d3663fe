/** Rewards wait until the shop has heard of the referral, where it asked to hear. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openReceiver, type Receiver } from '../receiver.js';
import { advocateOf, buys, comes, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
let receiver: Receiver;
let last = 0;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  receiver = await openReceiver();
});
afterAll(async () => {
  await receiver.close();
  await world.close();
});

async function approved(): Promise<{ order: string; advocate: string }> {
  const number = ++last;
  const advocate = `advocate-${number * 101}@ours.example`;
  const { offerId } = await advocateOf(shop, advocate);
  const visitor = randomUUID();
  await comes(world, shop, offerId, { visitor });
  const order = `order-${number}`;
  await buys(shop, `friend-of-${number * 977}@theirs.example`, order, { uuid: visitor });
  const decided = await shop.ask('PUT', `/origins/${order}/referral`, { data: { status: 'approved' } });
  expect(decided.status).toBe(200);
  return { order, advocate };
}

async function statuses(advocate: string): Promise<string[]> {
  const { body } = await shop.ask('GET', `/people/${advocate}/rewards`);
  return (body['result'] as { rewards: { status: string }[] }).rewards.map(({ status }) => status);
}

test('they are paid once it has arrived, and not before', async () => {
  const events = ['referral_web_hook', 'reward_web_hook'];
  const made = await shop.ask('POST', '/manage/webhook_endpoints', { url: `${receiver.url}/hook`, events });
  expect(made.status).toBe(201);
  receiver.answer(500);
  const { order, advocate } = await approved();
  await world.settle();
  expect(await statuses(advocate)).toEqual(['Unpaid']);
  expect((await referralOf(world, shop, order))?.awaits_event).not.toBeNull();
  await world.run(120_000);
  expect(await statuses(advocate)).toEqual(['Unpaid']);
  receiver.answer(200);
  await world.runUntil('the reward', async () => (await statuses(advocate))[0] === 'Paid', 6 * 3_600_000);
  expect((await referralOf(world, shop, order))?.awaits_event).toBeNull();
  const told = receiver.received.map(({ body }) => body['type']);
  expect(told.indexOf('referral_web_hook')).toBeLessThan(told.indexOf('reward_web_hook'));
});

test('an endpoint that is removed holds nothing up', async () => {
  receiver.answer(500);
  const { advocate } = await approved();
  await world.settle();
  expect(await statuses(advocate)).toEqual(['Unpaid']);
  const { body } = await shop.ask('GET', '/manage/webhook_endpoints');
  for (const { id } of (body['result'] as { webhook_endpoints: { id: string }[] }).webhook_endpoints) {
    expect((await shop.ask('DELETE', `/manage/webhook_endpoints/${id}`)).status).toBe(200);
  }
  await world.runUntil('the reward', async () => (await statuses(advocate))[0] === 'Paid', 6 * 3_600_000);
});
