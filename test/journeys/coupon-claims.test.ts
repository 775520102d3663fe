import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeCoupon } from '#core/coupons/index.js';
import { giveReward, giveWaiting, type Reward } from '#core/rewards/index.js';
import type { Incentive } from '#core/referral-campaigns/index.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { addCodes, knownPerson, listOfCodes, promised } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
/** Hears which codes are wanted, and takes none. */
let receiver: Receiver;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  receiver = await openReceiver();
  receiver.answer(500);
  const hears = { url: receiver.url, events: ['create_coupon_web_hook'] };
  expect((await shop.ask('POST', '/manage/webhook_endpoints', hears)).status).toBe(201);
});
afterAll(async () => {
  await receiver.close();
  await world.close();
});

function codes(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(3, '0')}`);
}

async function give(incentive: Incentive, email: string, once = email): Promise<Reward | undefined> {
  const { campaign } = await promised(world, shop, 'advocate');
  const person = await knownPerson(world, shop, email);
  return world.core.db
    .transaction()
    .execute((tx) =>
      giveReward(tx, world.core, shop.site.test, { campaign, incentive, reason: 'signup', person, once }),
    );
}

async function wanted(): Promise<Record<string, unknown>[]> {
  const rows = await world.core.db
    .selectFrom('events')
    .select('data')
    .where('type', '=', 'coupons.wanted')
    .orderBy('sequence')
    .execute();
  return rows.map(({ data }) => data);
}

test('of 200 who come at once, 150 get the 150 codes and 50 wait, and get theirs in order when codes come', async () => {
  const listId = await listOfCodes(world, shop, 'Scarce', codes('SCARCE', 150));
  const { incentive } = await promised(world, shop, 'advocate');
  const rewards = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      give({ ...incentive, couponListId: listId }, `scarce${index}@one.example`),
    ),
  );
  const paid = rewards.filter((reward) => reward?.status === 'paid');
  expect(new Set(paid.map((reward) => reward?.coupon?.code)).size).toBe(150);
  const waiting = rewards.flatMap((reward) => (reward?.status === 'unpaid' ? [reward] : []));
  expect([paid.length, waiting.length]).toEqual([150, 50]);
  // Each missing code is asked for.
  expect((await wanted()).filter(({ neededNow }) => neededNow)).toHaveLength(50);

  await addCodes(world, shop, listId, codes('MORE', 20));
  const given = await world.core.db.transaction().execute((tx) => giveWaiting(tx, world.core, shop.site.test, listId));
  expect(given).toBe(20);
  const first = waiting.map(({ id }) => id).sort((a, b) => a - b);
  const now = await world.core.db
    .selectFrom('rewards')
    .leftJoin('coupons', 'coupons.id', 'rewards.coupon_id')
    .select(['rewards.id', 'rewards.status', 'coupons.code'])
    .where('rewards.id', 'in', first)
    .orderBy('rewards.id')
    .execute();
  expect(now.slice(0, 20).map(({ code }) => code)).toEqual(codes('MORE', 20));
  expect(now.slice(20).every(({ status, code }) => status === 'unpaid' && code === null)).toBe(true);

  // The rest is given by itself, once there are codes.
  await addCodes(world, shop, listId, codes('LATE', 30));
  const left = async (): Promise<number> =>
    (await world.core.db.selectFrom('rewards').select('id').where('status', '=', 'unpaid').execute()).length;
  await world.runUntil('the rest to be given', async () => (await left()) === 0);
});

test('of 200 friends who are claimed for at once over HTTP, 150 get the 150 codes, each another, and 50 wait', async () => {
  const scarce = await openShop(world, { slug: 'scarce' });
  const made = await scarce.ask('POST', '/manage/coupon_lists', { name: 'Claimed', amount: 10 });
  expect(made.status).toBe(201);
  const { id } = (made.body as unknown as { result: { coupon_list: { id: number } } }).result.coupon_list;
  const wanting = codes('CLAIM', 150);
  expect((await scarce.ask('POST', `/manage/coupon_lists/${id}/codes`, { codes: wanting })).status).toBe(201);
  const campaign = await scarce.ask('POST', '/manage/campaigns', {
    ...{ slug: 'claimed', tags: ['claimed'] },
    texts: {
      ...{ headline: 'Give $10', description: 'Your friends get $10 off.' },
      ...{ friend_headline: '{name} gives you $10', friend_description: 'Take it with your first purchase.' },
      ...{ share_subject: '{name} gives you $10', share_message: 'Here is $10 for you: {link}' },
    },
    incentives: [
      {
        ...{ identifier: 'friend', reason: 'referred', type: 'discount_coupon', amount: 10 },
        ...{ description: '$10 off', coupon_list: 'Claimed' },
      },
    ],
  });
  expect(campaign.status).toBe(201);

  const claim = (index: number) =>
    scarce.ask('POST', '/offer_claims', {
      ...{ advocate_email: `ann${index % 20}@ours.example`, friend_email: `friend${index}@theirs.example` },
      campaign_tag: 'claimed',
    });
  const replies = await Promise.all(Array.from({ length: 200 }, (_, index) => claim(index)));
  const rewards = replies.map(
    ({ body }) => (body as { result?: { friend_reward: Claimed | null } }).result?.friend_reward ?? null,
  );
  expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
  const given = rewards.flatMap((reward) => (reward?.status === 'Paid' ? [reward.coupon_code] : []));
  expect(given.sort()).toEqual(wanting);
  expect(rewards.filter((reward) => reward?.status === 'Unpaid' && reward.coupon_code === null)).toHaveLength(50);
  // Whoever asks again is given no second one.
  expect((await claim(7)).body).toEqual(replies[7]?.body);
});

interface Claimed {
  status: string;
  coupon_code: string | null;
}

test('something is given once, whoever asks how often', async () => {
  const { incentive } = await promised(world, shop, 'advocate');
  const person = await knownPerson(world, shop, 'once@one.example');
  const { campaign } = await promised(world, shop, 'advocate');
  const asked = await Promise.all(
    Array.from({ length: 20 }, () =>
      world.core.db.transaction().execute((tx) =>
        giveReward(tx, world.core, shop.site.test, {
          campaign,
          incentive,
          reason: 'signup',
          person,
          once: 'the one',
        }),
      ),
    ),
  );
  expect(new Set(asked.map((reward) => reward?.id)).size).toBe(1);
  expect(new Set(asked.map((reward) => reward?.coupon?.code)).size).toBe(1);
});

test('a list with a prefix makes its codes up, and never runs out', async () => {
  const taken = await Promise.all(
    Array.from({ length: 40 }, () =>
      world.core.db
        .transaction()
        .execute((tx) =>
          takeCoupon(tx, world.core, shop.site.test, { listId: shop.lists.test.friend, personId: null }),
        ),
    ),
  );
  const made = taken.map((coupon) => coupon?.code ?? '');
  expect(new Set(made).size).toBe(40);
  for (const code of made) expect(code).toMatch(/^FRD[ABCDEFGHJKMNPQRSTUVWXYZ2-9]{10}$/);
});

test('the shop is asked once for more, when few are left', async () => {
  const before = (await wanted()).length;
  const listId = await listOfCodes(world, shop, 'Few', codes('FEW', 6), { refill_below: 5 });
  const take = () =>
    world.core.db.transaction().execute((tx) => takeCoupon(tx, world.core, shop.site.test, { listId, personId: null }));
  for (let left = 4; left > 0; left--) await take();
  expect((await wanted()).slice(before)).toEqual([
    {
      ...{ site: 'shop', currency: 'USD', timeZone: 'America/New_York' },
      list: {
        ...{ id: listId, name: 'Few', amount: 1000, percentage: null, singleUse: true, usageLimit: null },
        ...{ validDays: null, expiresAt: null },
      },
      ...{ wanted: 1, neededNow: false, person: null, endsRefill: true },
      code: expect.stringMatching(/^[ABCDEFGHJKMNPQRSTUVWXYZ2-9]{10}$/) as string,
    },
  ]);
});

test('a code for everybody is the same for all, up to its limit', async () => {
  const listId = await listOfCodes(world, shop, 'Shared', ['WELCOME'], { single_use: false, usage_limit: 3 });
  const { incentive } = await promised(world, shop, 'advocate');
  const shared = { ...incentive, couponListId: listId };
  const rewards = await Promise.all([give(shared, 'a@shared.example'), give(shared, 'b@shared.example')]);
  expect(rewards.map((reward) => reward?.coupon?.code)).toEqual(['WELCOME', 'WELCOME']);
  const uses = (usages: number) =>
    world.core.db.updateTable('coupons').set({ usages }).where('code', '=', 'WELCOME').execute();
  await uses(2);
  expect((await give(shared, 'c@shared.example'))?.coupon?.code).toBe('WELCOME');
  await uses(3);
  const { db } = world.core;
  const taken = db
    .transaction()
    .execute((tx) => takeCoupon(tx, world.core, shop.site.test, { listId, personId: null }));
  expect(await taken).toBeUndefined();
});

test('codes end so many days after they were given', async () => {
  const listId = await listOfCodes(world, shop, 'Short', ['SHORT-1'], { valid_days: 3 });
  const coupon = await world.core.db
    .transaction()
    .execute((tx) => takeCoupon(tx, world.core, shop.site.test, { listId, personId: null }));
  expect(coupon?.expiresAt?.getTime()).toBe(world.clock.now() + 3 * 86_400_000);
});

test('lists that are over are not asked for codes, and however many of them others wait behind, those get theirs', async () => {
  const { incentive } = await promised(world, shop, 'advocate');
  const { db, clock } = world.core;
  const site_id = shop.site.test.id;
  const at = new Date(clock.now());
  const over = { name: 'Over', amount: 1000, single_use: true, expires_at: at, created_at: at, updated_at: at };
  const lists = await db
    .insertInto('coupon_lists')
    .values(Array.from({ length: 120 }, (_, n) => ({ ...over, site_id, name: `Over ${n}` })))
    .returning('id')
    .execute();
  const before = (await wanted()).length;
  // Each of them has a code, and somebody who waits for it in vain.
  for (const { id } of lists) {
    await addCodes(world, shop, id, [`OVER-${id}`]);
    expect((await give({ ...incentive, couponListId: id }, `over${id}@one.example`))?.status).toBe('unpaid');
  }
  expect(await wanted()).toHaveLength(before);
  const open = await listOfCodes(world, shop, 'Open', []);
  const last = await give({ ...incentive, couponListId: open }, 'behind@one.example');
  expect(last?.status).toBe('unpaid');
  await addCodes(world, shop, open, ['OPEN-1']);
  const status = async (id: number) =>
    (await db.selectFrom('rewards').select('status').where('id', '=', id).executeTakeFirstOrThrow()).status;
  await world.runUntil('the reward behind them', async () => (await status(last?.id ?? 0)) === 'paid');
  const { n } = await db
    .selectFrom('rewards')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('site_id', '=', site_id)
    .where('status', '=', 'unpaid')
    .executeTakeFirstOrThrow();
  expect(n).toBe(lists.length);
});
