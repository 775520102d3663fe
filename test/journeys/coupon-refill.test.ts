import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeCoupon } from '#core/coupons/index.js';
import { giveReward, type Reward } from '#core/rewards/index.js';
import type { HeldClock } from '../held-clock.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { addCodes, advocateOf, buys, knownPerson, listOfCodes, promised } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

/** Codes that the platform suggests by webhook, and puts into the list once the shop has taken them. */

let world: World;
let shop: Shop;
let receiver: Receiver;
/** Before each thing that can kill the process; thrown out of it, nothing that follows is written. */
let dies: (point: string) => void;

const MADE_UP = /^[ABCDEFGHJKMNPQRSTUVWXYZ2-9]{10}$/;
const DAY = 86_400_000;

beforeEach(async () => {
  dies = () => undefined;
  world = await openWorld({ killPoint: (point) => dies(point) });
  shop = await openShop(world);
  receiver = await openReceiver();
});
afterEach(async () => {
  await receiver.close();
  await world.close();
});

async function endpoint(more: Record<string, unknown> = {}): Promise<string> {
  const wanted = { url: `${receiver.url}/codes`, events: ['create_coupon_web_hook'], ...more };
  const made = await shop.ask('POST', '/manage/webhook_endpoints', wanted);
  expect(made.status).toBe(201);
  return (made.body['result'] as { webhook_endpoint: { id: string } }).webhook_endpoint.id;
}

async function waits(listId: number, email: string): Promise<Reward> {
  const { campaign, incentive } = await promised(world, shop, 'advocate');
  const person = await knownPerson(world, shop, email);
  const reward = await world.core.db.transaction().execute((tx) =>
    giveReward(tx, world.core, shop.site.test, {
      ...{ campaign, incentive: { ...incentive, couponListId: listId }, reason: 'signup', person, once: email },
    }),
  );
  world.core.wake.deliveries();
  if (reward === undefined) throw new Error('nothing was given');
  return reward;
}

async function take(listId: number): Promise<string | undefined> {
  const coupon = await world.core.db
    .transaction()
    .execute((tx) => takeCoupon(tx, world.core, shop.site.test, { listId, personId: null }));
  world.core.wake.deliveries();
  await world.settle();
  return coupon?.code;
}

async function codesOf(listId: number): Promise<string[]> {
  const rows = await world.core.db
    .selectFrom('coupons')
    .select('code')
    .where('list_id', '=', listId)
    .orderBy('id')
    .execute();
  return rows.map(({ code }) => code);
}

/** What the shop was asked to take, in the order in which it came. */
function suggested(): string[] {
  return receiver.received.map(({ body }) => (body['payload'] as { coupon_code: string }).coupon_code);
}

async function codeOf({ id }: Reward): Promise<string | null> {
  const { code } = await world.core.db
    .selectFrom('rewards')
    .leftJoin('coupons', 'coupons.id', 'rewards.coupon_id')
    .select('coupons.code')
    .where('rewards.id', '=', id)
    .executeTakeFirstOrThrow();
  return code;
}

async function replay(): Promise<void> {
  const rows = await world.core.db.selectFrom('deliveries').select('id').execute();
  for (const { id } of rows) {
    expect((await shop.ask('POST', `/manage/webhook_deliveries/${id}/replay`, {})).status).toBeLessThan(300);
  }
  await world.settle();
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `OWN-${100 + n}`);

test.each([
  ['classic', { events: ['create_coupon_web_hook'] }],
  ['custom_app', { style: 'custom_app', events: ['create_coupon'] }],
])('whoever waits is given the code that the shop took: %s', async (_style, more) => {
  await endpoint(more);
  const listId = await listOfCodes(world, shop, 'Empty', []);
  const rewards = [await waits(listId, 'first@one.example'), await waits(listId, 'second@one.example')];
  await world.runUntil('both', async () => (await Promise.all(rewards.map(codeOf))).every((code) => code !== null));
  const given = await Promise.all(rewards.map(codeOf));
  expect(new Set(given).size).toBe(2);
  for (const code of given) expect(code).toMatch(MADE_UP);
  expect(suggested()).toEqual(expect.arrayContaining(given));
  expect(receiver.received[0]?.body['payload']).toMatchObject({ wanted: 1, needed_now: true });
});

test('a code that the shop did not take is in no list, and nobody is given it', async () => {
  await endpoint();
  receiver.answer(500);
  const listId = await listOfCodes(world, shop, 'Empty', []);
  const reward = await waits(listId, 'first@one.example');
  await world.settle();
  expect(suggested()).toHaveLength(1);
  expect([await codesOf(listId), await codeOf(reward)]).toEqual([[], null]);
  receiver.answer(200);
  await world.runUntil('the next try', async () => (await codeOf(reward)) !== null);
  // The same code, whenever it is taken.
  expect(await codeOf(reward)).toBe(suggested()[0]);
});

test('a list is filled up, 15 codes at a time, while an endpoint hears of it', async () => {
  const listId = await listOfCodes(world, shop, 'Few', numbered(4));
  await take(listId);
  expect(await world.core.db.selectFrom('events').select('id').where('type', '=', 'coupons.wanted').execute()).toEqual(
    [],
  );
  await endpoint();
  expect(await take(listId)).toBe('OWN-101');
  expect(suggested()).toHaveLength(15);
  expect(new Set(suggested()).size).toBe(15);
  expect((await codesOf(listId)).slice(4).sort()).toEqual(suggested().sort());
  expect(receiver.received[0]?.body['payload']).toMatchObject({ wanted: 15, needed_now: false });
  // 16 are left: three more, and one for the one that is taken now.
  receiver.received.splice(0);
  await take(listId);
  expect(suggested()).toHaveLength(4);
});

test('as many are to be left as were handed out within 21 days', async () => {
  await endpoint();
  const listId = await listOfCodes(world, shop, 'Busy', numbered(70));
  const handOut = async (count: number): Promise<void> => {
    await sql`
      update coupons set issued_at = ${new Date(world.clock.now())} where id in (
        select id from coupons where list_id = ${listId} and issued_at is null order by id limit ${count}
      )`.execute(world.core.db);
  };
  await handOut(30);
  await take(listId);
  expect(suggested()).toEqual([]);
  await handOut(4);
  await take(listId);
  // 36 were handed out, 34 are left.
  expect(suggested()).toHaveLength(2);
  receiver.received.splice(0);
  const longAgo = new Date(world.clock.now() - 22 * DAY);
  await world.core.db
    .updateTable('coupons')
    .set({ issued_at: longAgo })
    .where('list_id', '=', listId)
    .where('issued_at', 'is not', null)
    .execute();
  await take(listId);
  expect(suggested()).toEqual([]);
});

test('a shop that takes none is asked again after a day', async () => {
  await endpoint();
  const listId = await listOfCodes(world, shop, 'Few', numbered(10), { refill_below: 9 });
  receiver.answer(500);
  await take(listId);
  await take(listId);
  const asked = async (): Promise<number> =>
    (await world.core.db.selectFrom('events').select('id').where('type', '=', 'coupons.wanted').execute()).length;
  expect(await asked()).toBe(1);
  await take(listId);
  expect(await asked()).toBe(1);
  await world.core.db
    .updateTable('coupon_lists')
    .set({ refill_asked_at: new Date(world.clock.now() - DAY) })
    .where('id', '=', listId)
    .execute();
  await take(listId);
  expect(await asked()).toBe(1 + 3);
});

test('two endpoints, and a replay, put one code in; a sample none', async () => {
  const id = await endpoint();
  await endpoint({ url: `${receiver.url}/too` });
  const listId = await listOfCodes(world, shop, 'Few', numbered(2), { refill_below: 2 });
  await take(listId);
  expect(suggested()).toHaveLength(2);
  const there = await codesOf(listId);
  expect(there).toHaveLength(3);
  await replay();
  expect(suggested()).toHaveLength(4);
  expect(await codesOf(listId)).toEqual(there);
  const count = async () => (await world.core.db.selectFrom('coupons').select('id').execute()).length;
  const before = await count();
  await shop.ask('POST', `/manage/webhook_endpoints/${id}/test`, { event: 'create_coupon_web_hook' });
  await world.settle();
  expect(suggested().at(-1)).toBe('EXAMPLE234');
  expect(await count()).toBe(before);
});

test('a process that dies between the answer and what is written puts the code in once, when it is posted again', async () => {
  await endpoint();
  for (const point of ['delivery.posted', 'delivery.recorded']) {
    receiver.received.splice(0);
    let died = false;
    dies = (at) => {
      if (at !== point || died) return;
      died = true;
      throw new Error('the process is gone');
    };
    const listId = await listOfCodes(world, shop, point, []);
    const reward = await waits(listId, `${point}@one.example`);
    await world.runUntil('the code', async () => (await codeOf(reward)) !== null);
    await world.settle();
    const given = await codeOf(reward);
    expect(died).toBe(true);
    const needed = receiver.received.filter(({ body }) => (body['payload'] as { needed_now: boolean }).needed_now);
    expect(needed.map(({ body }) => (body['payload'] as { coupon_code: string }).coupon_code)).toEqual(
      Array.from({ length: point === 'delivery.posted' ? 2 : 1 }, () => given),
    );
    // And 15 more, for none was left.
    expect(await codesOf(listId)).toHaveLength(1 + 15);
  }
});

test('nothing is put into a list that is over, makes its own codes by now, or is gone', async () => {
  await endpoint();
  const lists: number[] = [];
  receiver.answer(500);
  for (const name of ['Over', 'Prefix', 'Gone']) {
    const listId = await listOfCodes(world, shop, name, [`${name}-1`, `${name}-2`], { refill_below: 2 });
    await take(listId);
    lists.push(listId);
  }
  expect(suggested()).toHaveLength(3);
  const [over, prefix, gone] = lists;
  const { db, clock } = world.core;
  await db
    .updateTable('coupon_lists')
    .set({ expires_at: new Date(clock.now()) })
    .where('id', '=', over ?? 0)
    .execute();
  await db
    .updateTable('coupon_lists')
    .set({ prefix: 'P', refill_below: null })
    .where('id', '=', prefix ?? 0)
    .execute();
  await db
    .deleteFrom('coupon_lists')
    .where('id', '=', gone ?? 0)
    .execute();
  receiver.answer(200);
  await replay();
  expect(suggested()).toHaveLength(6);
  expect((await Promise.all(lists.map(codesOf))).map((codes) => codes.length)).toEqual([2, 2, 0]);
});

test('a shop may hand in codes of its own meanwhile', async () => {
  await endpoint();
  receiver.answer(500);
  const listId = await listOfCodes(world, shop, 'Empty', []);
  const reward = await waits(listId, 'first@one.example');
  await world.settle();
  const added = await shop.ask('POST', `/manage/coupon_lists/${listId}/codes`, { codes: ['THEIRS-1', 'THEIRS-2'] });
  expect(added.status).toBeLessThan(300);
  expect(await codeOf(reward)).toBe('THEIRS-1');
  await addCodes(world, shop, listId, ['THEIRS-3']);
  expect(await take(listId)).toBe('THEIRS-2');
});

test('for a friend who waits a code is asked for when they come, and not again with the approval', async () => {
  const listId = shop.lists.test.friend;
  const path = `/manage/coupon_lists/${listId}`;
  await endpoint();
  receiver.answer(500);
  const needed = async (): Promise<unknown[]> =>
    (
      await world.core.db
        .selectFrom('events')
        .select('data')
        .where('type', '=', 'coupons.wanted')
        .where('subject', '=', String(listId))
        .execute()
    ).filter(({ data }) => data['neededNow']);
  expect((await shop.ask('PUT', path, { name: 'Friends', amount: 10 })).status).toBe(200);
  await advocateOf(shop, 'advocate@ours.example');
  const claim = { advocate_email: 'advocate@ours.example', friend_email: 'friend@theirs.example' };
  const claimed = await shop.ask('POST', '/offer_claims', claim);
  expect(claimed.body).toMatchObject({ ok: true });
  expect(await needed()).toHaveLength(1);
  expect((await buys(shop, 'friend@theirs.example', 'order-1')).status).toBe(201);
  const approved = await shop.ask('PUT', '/origins/order-1/referral', { data: { status: 'approved' } });
  expect(approved.body).toMatchObject({ result: { referral: { status: 'approved' } } });
  expect(await needed()).toHaveLength(1);
});

test('codes that nobody could be asked for are asked for once, as soon as somebody hears of it', async () => {
  const minutes = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      (world.clock as HeldClock).advance(60_000);
      await world.settle();
    }
  };
  const asked = async (listId: number): Promise<number> =>
    (
      await world.core.db
        .selectFrom('events')
        .select('data')
        .where('type', '=', 'coupons.wanted')
        .where('subject', '=', String(listId))
        .execute()
    ).filter(({ data }) => data['neededNow']).length;
  const [early, quiet, over] = (await Promise.all(
    ['Early', 'Quiet', 'Over'].map((name) => listOfCodes(world, shop, name, [])),
  )) as [number, number, number];
  const first = await waits(early, 'first@one.example');
  await minutes(1);
  expect([await asked(early), await codeOf(first)]).toEqual([0, null]);
  const id = await endpoint();
  await minutes(3);
  expect([await asked(early), await codeOf(first)]).toEqual([1, suggested()[0]]);
  const enable = (enabled: boolean) => shop.ask('PUT', `/manage/webhook_endpoints/${id}`, { enabled });
  expect((await enable(false)).status).toBe(200);
  const second = await waits(quiet, 'second@one.example');
  await minutes(1);
  expect([await asked(quiet), await codeOf(second)]).toEqual([0, null]);
  receiver.answer(500);
  expect((await enable(true)).status).toBe(200);
  // Whatever becomes of it.
  await minutes(3);
  expect([await asked(quiet), await codeOf(second)]).toEqual([1, null]);
  receiver.answer(200);
  await world.runUntil('the next try', async () => (await codeOf(second)) !== null);
  const end = (expires_at: Date | null) =>
    world.core.db.updateTable('coupon_lists').set({ expires_at }).where('id', '=', over).execute();
  await end(new Date(world.clock.now()));
  const third = await waits(over, 'third@one.example');
  await minutes(1);
  expect([await asked(over), await codeOf(third)]).toEqual([0, null]);
  await end(null);
  await minutes(3);
  expect(await asked(over)).toBe(1);
  expect(await codeOf(third)).toMatch(MADE_UP);
});

test('so many that wait are asked for in turns, and those that a code is there for are given it', async () => {
  const listId = await listOfCodes(world, shop, 'Empty', []);
  for (let n = 0; n < 203; n++) await waits(listId, `friend-${n}@one.example`);
  await endpoint({ url: `${receiver.url}/late` });
  receiver.answer(500);
  await addCodes(world, shop, listId, ['THEIRS-1', 'THEIRS-2']);
  const needed = async (): Promise<number> =>
    (await world.core.db.selectFrom('events').select('data').where('type', '=', 'coupons.wanted').execute()).filter(
      ({ data }) => data['neededNow'],
    ).length;
  for (const count of [200, 201, 201]) {
    (world.clock as HeldClock).advance(60_000);
    await world.settle();
    expect(await needed()).toBe(count);
  }
});
