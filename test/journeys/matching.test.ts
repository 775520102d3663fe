/** Who brought a purchase: each way in which it is found out, and which counts for more. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giveFriendReward } from '#core/rewards/index.js';
import { findOffer } from '#core/offers/index.js';
import { advocateOf, buys, comes, knownPerson, promised, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
let last = 0;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world, { campaign: { convertsBy: ['purchase', 'event:lead'] } });
});
afterAll(() => world.close());

/** Somebody new: a friend, the browser and the address they are at. */
function somebody() {
  const number = ++last;
  return {
    email: `friend${number}@friends.example`,
    order: `order-${number}`,
    visitor: randomUUID(),
    ip: `198.51.${Math.floor(number / 250)}.${(number % 250) + 1}`,
    phone: `+1202555${String(number).padStart(4, '0')}`,
  };
}
type Somebody = ReturnType<typeof somebody>;
type Clue = (friend: Somebody, offer: { code: string; offerId: number }) => Promise<Record<string, unknown>>;

/** What leads to an advocate, and what the purchase then says of itself; the surest first. */
const WAYS: readonly [method: string, clue: Clue][] = [
  [
    'coupon',
    async (_friend, { code }) => {
      const { campaign } = await promised(world, shop, 'friend');
      const [site, visitor] = [shop.site.test, randomUUID()];
      const offer = await findOffer(world.core, site, code);
      const [reward] = await world.core.db
        .transaction()
        .execute((tx) => giveFriendReward(tx, world.core, site, { campaign, offer, visitor }));
      return { coupon_codes: [reward?.coupon?.code.toLowerCase()] };
    },
  ],
  [
    'cookie',
    async ({ visitor }, { offerId }) => {
      await comes(world, shop, offerId, { visitor });
      return { uuid: visitor };
    },
  ],
  [
    'web_cookie',
    async ({ email }, { offerId }) => {
      const other = randomUUID();
      await comes(world, shop, offerId, { visitor: other });
      const at = new Date(world.clock.now());
      const person = await idOf(email);
      await world.core.db
        .insertInto('visitors')
        .values({ site_id: shop.site.test.id, uuid: other, person_id: person, created_at: at })
        .execute();
      return {};
    },
  ],
  [
    'gated_email',
    async ({ email, ip }, { offerId }) => {
      await comes(world, shop, offerId, { person_id: await idOf(email), ip });
      return { ip_address: ip };
    },
  ],
  [
    'phone_number',
    async ({ phone, ip }, { offerId }) => {
      const other = await knownPerson(world, shop, `other${phone}@friends.example`);
      await world.core.db.updateTable('site_people').set({ phone }).where('id', '=', other.id).execute();
      await comes(world, shop, offerId, { person_id: other.id, ip });
      return { phone_number: phone, ip_address: ip };
    },
  ],
  [
    'share_email',
    async ({ email }, { offerId }) => {
      await invited(shop, offerId, email);
      return {};
    },
  ],
  [
    'ip_address',
    async ({ ip }, { offerId }) => {
      await comes(world, shop, offerId, { ip });
      return { ip_address: ip };
    },
  ],
];

/** Somebody gets a letter of an advocate. */
async function invited(of: Shop, offerId: number, email: string): Promise<void> {
  const [site_id, at] = [of.site.test.id, new Date(world.clock.now())];
  const { id } = await world.core.db
    .insertInto('shares')
    .values({ site_id, offer_id: offerId, channel: 'email', code: randomUUID(), created_at: at })
    .returning('id')
    .executeTakeFirstOrThrow();
  await world.core.db
    .insertInto('share_recipients')
    .values({ share_id: id, site_id, offer_id: offerId, email, sent_at: at })
    .execute();
}

/** The id of somebody whom the shop knows from now on. */
async function idOf(email: string): Promise<number> {
  const known = await world.core.db
    .selectFrom('site_people')
    .select('id')
    .where('site_id', '=', shop.site.test.id)
    .where('email', '=', email)
    .executeTakeFirst();
  return known?.id ?? (await knownPerson(world, shop, email)).id;
}

function advocate(): Promise<{ code: string; offerId: number; email: string }> {
  const email = `advocate-${++last}-of-many@ours${last}.example`;
  return advocateOf(shop, email).then((offer) => ({ ...offer, email }));
}

test.each(WAYS)('a purchase is found to be an advocate’s by %s', async (method, clue) => {
  const [friend, offer] = [somebody(), await advocate()];
  const said = await clue(friend, offer);
  expect(await buys(shop, friend.email, friend.order, said)).toMatchObject({ status: 201 });
  expect(await referralOf(world, shop, friend.order)).toMatchObject({
    ...{ track_method: method, offer_id: offer.offerId, advocate: offer.email, status: 'pending' },
    ...{ decided_by: null, awaits_event: null },
  });
});

test.each(WAYS.slice(1).map(([weaker, clue], index) => [WAYS[index]?.[0] ?? '', weaker, clue] as const))(
  '%s counts for more than %s',
  async (stronger, _weaker, weakerClue) => {
    const [friend, mine, other] = [somebody(), await advocate(), await advocate()];
    const strongerClue = WAYS.find(([method]) => method === stronger)?.[1];
    const said = { ...(await strongerClue?.(friend, mine)), ...(await weakerClue(friend, other)) };
    await buys(shop, friend.email, friend.order, said);
    expect(await referralOf(world, shop, friend.order)).toMatchObject({
      track_method: stronger,
      offer_id: mine.offerId,
    });
  },
);

test('whoever brought a friend first keeps them, when they are brought again', async () => {
  const [friend, first, second] = [somebody(), await advocate(), await advocate()];
  await comes(world, shop, first.offerId, { visitor: friend.visitor });
  await buys(shop, friend.email, `${friend.order}-1`, { uuid: friend.visitor });
  await comes(world, shop, second.offerId, { visitor: friend.visitor });
  await buys(shop, friend.email, `${friend.order}-2`, { uuid: friend.visitor });
  expect(await referralOf(world, shop, `${friend.order}-2`)).toMatchObject({
    track_method: 'sticky_advocate',
    offer_id: first.offerId,
  });
});

describe('a code that is for one person', () => {
  const codeOf = async ({ code }: { code: string }): Promise<string> => {
    const headers = { 'user-agent': 'Mozilla/5.0 Firefox/140.0' };
    const came = await world.request('GET', `/r/${code}`, { key: null, headers });
    return new URL(String(came.headers['location'])).searchParams.get('coupon') ?? '';
  };

  test('brings one purchase, whoever types it after that, also where the first was refunded', async () => {
    const offer = await advocate();
    const coupon_codes = await codeOf(offer);
    const [friend, ...others] = [somebody(), somebody(), somebody()];
    const bought = await buys(shop, friend.email, friend.order, { coupon_codes });
    expect(bought.status).toBe(201);
    expect((await buys(shop, friend.email, friend.order, { coupon_codes })).body).toEqual(bought.body);
    expect(await referralOf(world, shop, friend.order)).toMatchObject({ track_method: 'coupon', status: 'pending' });
    for (const [index, other] of others.entries()) {
      if (index === 1) expect((await shop.ask('POST', `/origins/${friend.order}/refund`, {})).status).toBe(200);
      expect((await buys(shop, other.email, other.order, { coupon_codes })).status).toBe(201);
      expect(await referralOf(world, shop, other.order)).toBeUndefined();
    }
  });

  test('brings one of several purchases at once', async () => {
    const coupon_codes = await codeOf(await advocate());
    const buyers = Array.from({ length: 8 }, somebody);
    const replies = await Promise.all(buyers.map(({ email, order }) => buys(shop, email, order, { coupon_codes })));
    expect(replies.map(({ status }) => status)).toEqual(buyers.map(() => 201));
    const found = await Promise.all(buyers.map(({ order }) => referralOf(world, shop, order)));
    expect(found.filter((referral) => referral !== undefined)).toMatchObject([{ track_method: 'coupon' }]);
  });

  test('leaves what its friend buys next to their advocate, where something else leads there', async () => {
    const [friend, offer] = [somebody(), await advocate()];
    const coupon_codes = await codeOf(offer);
    await buys(shop, friend.email, friend.order, { coupon_codes });
    await comes(world, shop, offer.offerId, { visitor: friend.visitor });
    await buys(shop, friend.email, `${friend.order}-again`, { coupon_codes, uuid: friend.visitor });
    expect(await referralOf(world, shop, `${friend.order}-again`)).toMatchObject({ track_method: 'sticky_advocate' });
  });
});

test('what follows from an event that an advocate brought is theirs, too', async () => {
  const [friend, offer] = [somebody(), await advocate()];
  await comes(world, shop, offer.offerId, { ip: friend.ip });
  const data = { email: friend.email, event_category: 'lead', event_number: friend.order, subtotal: 0 };
  await shop.ask('POST', '/origins/event', { data: { ...data, ip_address: friend.ip } });
  expect(await referralOf(world, shop, friend.order)).toMatchObject({ track_method: 'ip_address' });
  await buys(shop, friend.email, `${friend.order}-bought`);
  expect(await referralOf(world, shop, `${friend.order}-bought`)).toMatchObject({
    track_method: 'event_chain',
    offer_id: offer.offerId,
  });
});

test('nobody is found where nothing leads to anybody', async () => {
  const friend = somebody();
  await buys(shop, friend.email, friend.order, { uuid: friend.visitor, ip_address: friend.ip });
  expect(await referralOf(world, shop, friend.order)).toBeUndefined();
});

test('a click is too old after the days that the site sets, and an address after an hour', async () => {
  const ago = (ms: number) => new Date(world.clock.now() - ms);
  const day = 86_400_000;
  const bought = async (age: number, by: 'visitor' | 'ip') => {
    const [friend, offer] = [somebody(), await advocate()];
    await comes(world, shop, offer.offerId, { [by]: friend[by], created_at: ago(age) });
    await buys(shop, friend.email, friend.order, by === 'ip' ? { ip_address: friend.ip } : { uuid: friend.visitor });
    return (await referralOf(world, shop, friend.order))?.track_method;
  };
  expect(await bought(29 * day, 'visitor')).toBe('cookie');
  expect(await bought(31 * day, 'visitor')).toBeUndefined();
  expect(await bought(3_500_000, 'ip')).toBe('ip_address');
  expect(await bought(3_700_000, 'ip')).toBeUndefined();
});

test('an offer that a friend let pass counts no more', async () => {
  const [friend, offer] = [somebody(), await advocate()];
  const passed = new Date(world.clock.now() - 1);
  await comes(world, shop, offer.offerId, { visitor: friend.visitor, expires_at: passed });
  await buys(shop, friend.email, friend.order, { uuid: friend.visitor });
  expect(await referralOf(world, shop, friend.order)).toBeUndefined();
});

test.each(['offer', 'campaign'] as const)(
  'after the end of the %s, a friend who came before it counts, and nobody else',
  async (what) => {
    const own = await openShop(world, { slug: `ended-${what}` });
    const { offerId } = await advocateOf(own, 'ann@ours.example');
    const end = new Date(world.clock.now() - 1000);
    const [before, after] = [new Date(end.getTime() - 1), new Date(end.getTime() + 1)];
    const { db } = world.core;
    if (what === 'offer') await db.updateTable('offers').set({ expires_at: end }).where('id', '=', offerId).execute();
    else {
      const ours = db.updateTable('referral_campaigns').where('id', '=', own.campaign.test);
      await ours.set({ ends_at: end }).execute();
    }
    const bought = async (came: Date | null, happened: Date | null): Promise<string | undefined> => {
      const friend = somebody();
      if (came === null) await invited(own, offerId, friend.email);
      else await comes(world, own, offerId, { visitor: friend.visitor, created_at: came });
      const when = happened === null ? {} : { created_at: happened.toISOString() };
      await buys(own, friend.email, friend.order, { uuid: friend.visitor, ...when });
      return (await referralOf(world, own, friend.order))?.track_method;
    };
    expect(await bought(before, null)).toBe('cookie');
    expect(await bought(after, null)).toBeUndefined();
    expect(await bought(null, null)).toBeUndefined();
    expect(await bought(null, before)).toBe('share_email');
  },
);

test('an event that the campaign does not count brings nothing', async () => {
  const [friend, offer] = [somebody(), await advocate()];
  await comes(world, shop, offer.offerId, { visitor: friend.visitor });
  const data = { email: friend.email, event_category: 'other', event_number: friend.order, subtotal: 0 };
  await shop.ask('POST', '/origins/event', { data: { ...data, uuid: friend.visitor } });
  expect(await referralOf(world, shop, friend.order)).toBeUndefined();
});

test('an advocate who buys by their own link is blocked, and it is said why', async () => {
  const [{ visitor, order }, offer] = [somebody(), await advocate()];
  await comes(world, shop, offer.offerId, { visitor });
  await buys(shop, offer.email, order, { uuid: visitor });
  const referral = await referralOf(world, shop, order);
  expect(referral).toMatchObject({ status: 'blocked', decides_at: null });
  expect(referral?.fraud[0]).toEqual({
    ...{ check: 'self_referral', outcome: 'block', matched: true },
    evidence: 'Advocate and friend are one person.',
  });
});

test('the halves of a site know nothing of each other', async () => {
  const [friend, offer] = [somebody(), await advocate()];
  await comes(world, shop, offer.offerId, { visitor: friend.visitor });
  await buys(shop, friend.email, friend.order, { uuid: friend.visitor }, 'live');
  expect(await referralOf(world, shop, friend.order, 'live')).toBeUndefined();
});

test('the same purchase many times at once is one origin and one referral', async () => {
  const [friend, offer] = [somebody(), await advocate()];
  await comes(world, shop, offer.offerId, { visitor: friend.visitor });
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => buys(shop, friend.email, friend.order, { uuid: friend.visitor })),
  );
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201));
  const referrals = await world.core.db
    .selectFrom('referrals')
    .innerJoin('origins', 'origins.id', 'referrals.origin_id')
    .select('referrals.id')
    .where('origins.number', '=', friend.order)
    .execute();
  expect(referrals).toHaveLength(1);
});
