/** Rewards wait until the shop has heard of the referral, where it asked to hear: for as long as it takes. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openReceiver, type Receiver } from '../receiver.js';
import { advocateOf, buys, comes, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
let receiver: Receiver;
let last = 0;

const HOUR = 3_600_000;
/** How often what waits is looked at, and a moment. */
const A_LOOK = 61_000;
/** Of a delivery, when one is left. */
const LAST_ATTEMPT = 10;

beforeEach(async () => {
  world = await openWorld();
  shop = await openShop(world);
  receiver = await openReceiver();
});
afterEach(async () => {
  await receiver.close();
  await world.close();
});

type Mode = 'live' | 'test';

async function approved(mode: Mode = 'test'): Promise<{ order: string; advocate: string }> {
  const number = ++last;
  const advocate = `advocate-${number * 101}@ours.example`;
  const { offerId } = await advocateOf(shop, advocate, {}, mode);
  const visitor = randomUUID();
  await comes(world, shop, offerId, { visitor }, mode);
  const order = `order-${number}`;
  await buys(shop, `friend-of-${number * 977}@theirs.example`, order, { uuid: visitor }, mode);
  const decided = await shop.ask('PUT', `/origins/${order}/referral`, { data: { status: 'approved' } }, mode);
  expect(decided.status).toBe(200);
  return { order, advocate };
}

async function statuses(advocate: string, mode: Mode = 'test'): Promise<string[]> {
  const { body } = await shop.ask('GET', `/people/${advocate}/rewards`, undefined, mode);
  return (body['result'] as { rewards: { status: string }[] }).rewards.map(({ status }) => status);
}

/** An endpoint of the shop that hears of referrals and rewards; its id. */
async function endpoint(more: Record<string, unknown> = {}, mode: Mode = 'test'): Promise<string> {
  const wanted = { url: `${receiver.url}/hook`, events: ['referral_web_hook', 'reward_web_hook'], ...more };
  const made = await shop.ask('POST', '/manage/webhook_endpoints', wanted, mode);
  expect(made.status).toBe(201);
  return (made.body['result'] as { webhook_endpoint: { id: string } }).webhook_endpoint.id;
}

const paid = (advocate: string, mode: Mode = 'test') =>
  world.runUntil('the reward', async () => (await statuses(advocate, mode))[0] === 'Paid', 6 * HOUR);

/** Approved, and told in vain until the tries were over. */
async function held(mode: Mode = 'test') {
  receiver.answer(500);
  const referral = await approved(mode);
  await world.settle();
  const { db, wake } = world.core;
  const [attempts, next_at] = [LAST_ATTEMPT, new Date(world.clock.now())];
  await db.updateTable('deliveries').set({ attempts, next_at }).where('status', '=', 'pending').execute();
  wake.deliveries();
  const pending = db.selectFrom('deliveries').select('id').where('status', '=', 'pending');
  await world.runUntil('the end of the tries', async () => (await pending.execute()).length === 0);
  await world.run(A_LOOK);
  expect(await statuses(referral.advocate, mode)).toEqual(['Unpaid']);
  expect((await referralOf(world, shop, referral.order, mode))?.awaits_event).not.toBeNull();
  receiver.answer(200);
  return referral;
}

test('they are paid once it has arrived, and not before', async () => {
  await endpoint();
  receiver.answer(500);
  const { order, advocate } = await approved();
  await world.settle();
  expect(await statuses(advocate)).toEqual(['Unpaid']);
  await world.run(120_000);
  expect(await statuses(advocate)).toEqual(['Unpaid']);
  receiver.answer(200);
  await paid(advocate);
  expect((await referralOf(world, shop, order))?.awaits_event).toBeNull();
  const told = receiver.received.map(({ body }) => body['type']);
  expect(told.indexOf('referral_web_hook')).toBeLessThan(told.indexOf('reward_web_hook'));
});

test('when its tries are over they wait on, until it is sent again and arrives', async () => {
  await endpoint();
  const { advocate } = await held();
  const { body } = await shop.ask('GET', '/manage/webhook_deliveries?status=failed');
  const [delivery] = (body['result'] as { webhook_deliveries: { id: string }[] }).webhook_deliveries;
  expect((await shop.ask('POST', `/manage/webhook_deliveries/${delivery?.id}/replay`, {})).status).toBe(202);
  await paid(advocate);
});

test('they are paid by hand, once', async () => {
  await endpoint();
  const { order, advocate } = await held();
  const pay = () => shop.ask('POST', `/manage/origins/${order}/referral/pay`, {});
  const replies = await Promise.all([pay(), pay(), pay()]);
  for (const reply of replies) {
    expect(reply).toMatchObject({
      ...{ status: 200, body: { result: { referral: { status: 'approved', ad_rewarded: true } } } },
    });
  }
  expect(await statuses(advocate)).toEqual(['Paid']);
  const audit = await world.core.db
    .selectFrom('audit_log')
    .select('action')
    .where('action', '=', 'referral.pay')
    .execute();
  expect(audit).toHaveLength(1);
  expect((await shop.ask('POST', '/manage/origins/none/referral/pay', {})).status).toBe(404);
  await buys(shop, 'plain@theirs.example', 'plain');
  expect(await shop.ask('POST', '/manage/origins/plain/referral/pay', {})).toMatchObject({
    ...{ status: 404, body: { error_message: 'No referral found by its origin.' } },
  });
});

test('an endpoint that is removed holds nothing up, one that is disabled does', async () => {
  const id = await endpoint();
  const { advocate } = await held();
  expect((await shop.ask('PUT', `/manage/webhook_endpoints/${id}`, { enabled: false })).status).toBe(200);
  await world.run(A_LOOK);
  expect(await statuses(advocate)).toEqual(['Unpaid']);
  expect((await shop.ask('DELETE', `/manage/webhook_endpoints/${id}`)).status).toBe(200);
  await paid(advocate);
});

test('who is told in another form holds nothing up', async () => {
  await endpoint({ style: 'custom_app', events: ['referral_status_change', 'referral_create'] });
  receiver.answer(500);
  const { advocate } = await approved();
  expect(await statuses(advocate)).toEqual(['Paid']);
});

test('what was erased will never be heard, and is not waited for', async () => {
  await endpoint();
  const { advocate } = await held();
  expect((await shop.ask('POST', `/people/friend-of-${last * 977}@theirs.example/anonymize`, {})).status).toBe(200);
  await paid(advocate);
});

test('the owners are told once that rewards wait, and once that none do', async () => {
  await endpoint({}, 'live');
  await held('live');
  const { order } = await held('live');
  await world.run(A_LOOK);
  const troubles = async () => {
    const rows = await world.core.db
      .selectFrom('events')
      .select(['type', 'data'])
      .where('type', 'in', ['trouble.began', 'trouble.ended'])
      .orderBy('id')
      .execute();
    return rows.filter(({ data }) => data['kind'] === 'rewards_held').map(({ type, data }) => [type, data['name']]);
  };
  expect(await troubles()).toEqual([['trouble.began', 'shop']]);
  for (const one of [order, `order-${last - 1}`]) {
    expect((await shop.ask('POST', `/manage/origins/${one}/referral/pay`, {}, 'live')).status).toBe(200);
  }
  await world.run(A_LOOK);
  expect(await troubles()).toEqual([
    ['trouble.began', 'shop'],
    ['trouble.ended', 'shop'],
  ]);
});
