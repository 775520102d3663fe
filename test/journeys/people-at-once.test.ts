/** Requests about the same people at the same time: none of them fails for the other. */
import { sql } from 'kysely';
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anonymizePerson } from '#core/site-people/index.js';
import { eventually } from '../eventually.js';
import { advocateOf, buys, comes } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

let world: World;
let shop: Shop;
beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
});
afterAll(() => world.close());

const statuses = (replies: readonly Reply[]): number[] => [...new Set(replies.map(({ status }) => status))].sort();
const turns = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('two who claim one another’s offers, again and again', async () => {
  const claim = (advocate_email: string, friend_email: string) =>
    shop.ask('POST', '/offer_claims', { advocate_email, friend_email });
  const replies: Reply[] = [];
  for (const turn of turns(50)) {
    const [ann, bob] = [`ann-${turn}@ours.example`, `bob-${turn}@theirs.example`];
    replies.push(...(await Promise.all([claim(ann, bob), claim(bob, ann), claim(ann, bob), claim(bob, ann)])));
  }
  expect(statuses(replies)).toEqual([200]);
});

test('one mailbox, spelled in many ways at once: it has one code', async () => {
  const gated = await openShop(world, { slug: 'gated', campaign: { emailGating: true } });
  const { code } = await advocateOf(gated, 'gated@ours.example');
  for (const turn of turns(5)) {
    const pages = await Promise.all(
      turns(8).map((index) =>
        world.request('POST', `/r/${code}`, {
          ...{ key: null, from: `203.0.113.${turn * 8 + index + 1}` },
          body: new URLSearchParams({ email: `many.ways.${turn}+${index}@gmail.com` }).toString(),
          headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Mozilla/5.0 Firefox/140.0' },
        }),
      ),
    );
    expect(statuses(pages)).toEqual([200]);
    expect(pages.filter(({ raw }) => raw.toString().includes('id="coupon"'))).toHaveLength(1);
  }
});

test('a referral is approved, and bought for again, while its advocate is erased', async () => {
  for (const turn of turns(20)) {
    const advocate = `advocate-${turn}@ours.example`;
    const { offerId } = await advocateOf(shop, advocate);
    const friend = `friend-${turn * 977}@theirs.example`;
    await comes(world, shop, offerId, { visitor: visitor(turn) });
    await buys(shop, friend, `order-${turn}`, { uuid: visitor(turn) });
    const [approved, bought, erased] = await Promise.all([
      shop.ask('PUT', `/origins/order-${turn}/referral`, { data: { status: 'approved' } }),
      buys(shop, friend, `again-${turn}`, { uuid: visitor(turn) }),
      shop.ask('POST', `/people/${advocate}/anonymize`, {}),
    ]);
    expect([approved.status, bought.status, erased.status]).toEqual([200, 201, 200]);
  }
});

test('a browser that is identified while its person is erased is not known to be of whoever was erased', async () => {
  const email = 'to-be-erased@ours.example';
  await advocateOf(shop, email);
  const { id } = await world.core.db
    .selectFrom('site_people')
    .select('id')
    .where('site_id', '=', shop.site.test.id)
    .where('email', '=', email)
    .executeTakeFirstOrThrow();
  const identifier_hash = createHmac('sha256', shop.securityKeys.test).update(email).digest('hex');
  const identified = await world.core.db.transaction().execute(async (tx) => {
    await anonymizePerson({ ...world.core, db: tx }, shop.site.test, { id, actor: 'test' });
    const reply = world.request('POST', `/referrals/tag/${shop.site.test.publicId}/identify`, {
      ...{ key: null, body: JSON.stringify({ visitor: visitor(99), email, identifier_hash }) },
      headers: { 'content-type': 'text/plain', origin: 'https://shop.example' },
    });
    await eventually(async () => {
      const { rows } = await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        world.core.db,
      );
      expect(rows).toHaveLength(1);
    });
    return { reply };
  });
  expect((await identified.reply).body).toEqual({ ok: true, identified: true });
  for (const table of ['visitors', 'visitor_people'] as const) {
    const known = world.core.db.selectFrom(table).select('person_id').where('person_id', '=', id);
    expect(await known.execute()).toEqual([]);
  }
  // Whoever has the address from now on is somebody new, of whom the shop has just said so.
  const { body } = await shop.ask('GET', `/people/${email}/personal_data`);
  expect(body).toMatchObject({ result: { person: { browsers: [visitor(99)] } } });
});

test.each(['customer_id', 'username'])('two new people with one %s: it is of the one who was first', async (field) => {
  for (const turn of turns(20)) {
    const emails = ['one', 'two', 'three'].map((name) => `${name}-${field.length}-${turn}@new.example`);
    const replies = await Promise.all(emails.map((email) => buys(shop, email, email, { [field]: `same-${turn}` })));
    expect(statuses(replies)).toEqual([201]);
    const found = await Promise.all(emails.map((email) => shop.ask('GET', `/people/${email}`)));
    const people = found.map(({ body }) => (body as { result: { person: Record<string, unknown> } }).result.person);
    expect(people.filter((person) => person[field] === `same-${turn}`)).toHaveLength(1);
  }
});

test('two known people who are given one customer id by the way', async () => {
  for (const turn of turns(20)) {
    const emails = [`left-${turn}@known.example`, `right-${turn}@known.example`];
    for (const email of emails) await advocateOf(shop, email);
    const replies = await Promise.all(
      emails.map((email) => buys(shop, email, `by-${email}`, { customer_id: `c${turn}` })),
    );
    expect(statuses(replies)).toEqual([201]);
  }
  const { length } = await world.core.db
    .selectFrom('site_people')
    .select('id')
    .where('customer_id', 'like', 'c%')
    .execute();
  expect(length).toBe(20);
});

function visitor(turn: number): string {
  return `6c6b2a52-7d1c-4f0c-9a44-${String(turn).padStart(12, '0')}`;
}
