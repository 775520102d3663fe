import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
});
afterAll(() => world.close());

const NO_LABELS = {
  ...{ segment1: null, segment2: null, segment3: null },
  ...{ utm_source: null, utm_medium: null, utm_campaign: null, utm_term: null, utm_content: null },
};
const NO_CRITERIA = {
  ...{ new_customer: false, new_optin: false, subtotal_min: null, subtotal_max: null },
  ...{ referrals_min: null, referrals_max: null, referrals_divisible_by: null },
  ...{ reward_uniqueness: null, friend_event_category: null, has_liquid_criteria: false },
};
const anId = expect.any(Number) as number;
const CODE = '[2-9a-z]{10}';
const matching = (pattern: string) => expect.stringMatching(new RegExp(`^${pattern}$`)) as string;
const offerOf = (email: string) => ({
  ...{ id: anId, email, short_url_code: matching(CODE), coupon_code: null, trigger_widget: null },
  claim_url: matching(`http://127\\.0\\.0\\.1:8080/r/${CODE}`),
  show_url: matching(`http://127\\.0\\.0\\.1:8080/o/${CODE}`),
  campaign_tags: ['default'],
  incentives: {
    advocate: {
      ...{ identifier: 'advocate', action_type: 'referrer', incentive_type: 'discount_coupon', amount: 10 },
      ...{ percentage: false, description: '$10 off for you', for_advocate: true, for_friend: false },
      ...{ highest_amount: true, coupon_expires_at: null, criteria_config: NO_CRITERIA },
    },
    friend: {
      ...{ identifier: 'friend', action_type: 'referred', incentive_type: 'discount_coupon', amount: 10 },
      ...{ percentage: false, description: '$10 off for your friend', for_advocate: false, for_friend: true },
      ...{ highest_amount: true, coupon_expires_at: null, criteria_config: NO_CRITERIA },
    },
  },
});

describe('an affiliate member', () => {
  test('is answered with an offer', async () => {
    const { status, body } = await join({ email: ' Anna@Example.com' });
    expect(status).toBe(201);
    expect(body).toEqual({
      ok: true,
      result: {
        origin: {
          ...{ id: anId, type: 'AffiliateMember', email: 'anna@example.com', customer_id: null, ip_address: null },
          ...NO_LABELS,
        },
        offer: offerOf('anna@example.com'),
      },
    });
  });

  test('has links for the channels that are named', async () => {
    const { body } = await join({ email: 'anna@example.com', sharing_channels: ['facebook', 'custom'] });
    const { offer, claim_links } = resultOf(body);
    expect(claim_links).toEqual({
      facebook: `${offer.claim_url}/facebook`,
      custom: `${offer.claim_url}/custom`,
    });
  });

  test('who asks again has the same origin and offer, and is known anew', async () => {
    const first = resultOf((await join({ email: 'bea@example.com', first_name: 'B' })).body);
    const again = await join({ email: 'BEA@example.com', first_name: 'Bea', ip_address: '192.0.2.7', utm_source: 'x' });
    expect(again.status).toBe(201);
    expect(resultOf(again.body)).toMatchObject({ origin: { id: first.origin.id }, offer: { id: first.offer.id } });
    const person = await world.core.db
      .selectFrom('site_people')
      .select(['first_name', 'id'])
      .where('email', '=', 'bea@example.com')
      .executeTakeFirstOrThrow();
    expect(person.first_name).toBe('Bea');
  });

  test('is of one site and mode', async () => {
    const test = resultOf((await join({ email: 'carl@example.com' })).body);
    const live = resultOf(
      (await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'carl@example.com' } }, 'live')).body,
    );
    expect(live.origin.id).not.toBe(test.origin.id);
    expect(live.offer.id).not.toBe(test.offer.id);
  });

  test('keeps everything that is said', async () => {
    const uuid = 'ECBB6FEC-C3B4-4E7B-9AEC-3A3F0E0D7B11';
    const { body } = await join({
      ...{ email: 'dora@example.com', first_name: 'Dora', last_name: 'Doe', username: 'Dora', customer_id: '77' },
      ...{ phone_number: '+1 (415) 555-0123', custom_properties: { vip: false, age: 123, eyes: 'grey', gone: null } },
      ...{ campaign_tags: 'default', ip_address: '2001:db8::1', uuid, created_at: '2026-01-02T03:04:05+01:00' },
      ...{ traffic_source: 'checkout', segment1: 's1', utm_source: 'u1', utm_term: null },
    });
    expect(resultOf(body).origin).toMatchObject({
      ...{ customer_id: '77', ip_address: '2001:db8::1', segment1: 's1', utm_source: 'u1', utm_term: null },
    });
    const person = await world.core.db
      .selectFrom('site_people')
      .selectAll()
      .where('email', '=', 'dora@example.com')
      .executeTakeFirstOrThrow();
    expect(person).toMatchObject({
      ...{ first_name: 'Dora', last_name: 'Doe', username: 'Dora', phone: '+14155550123' },
      properties: { vip: 'f', age: '123', eyes: 'grey' },
    });
    const visitor = await world.core.db
      .selectFrom('visitors')
      .selectAll()
      .where('uuid', '=', uuid.toLowerCase())
      .executeTakeFirstOrThrow();
    expect(visitor.person_id).toBe(person.id);
    const shown = await world.core.db.selectFrom('visitor_offers').selectAll().execute();
    expect(shown).toMatchObject([{ offer_id: resultOf(body).offer.id, visitor: uuid.toLowerCase(), visited_at: null }]);
    const origin = await world.core.db
      .selectFrom('origins')
      .selectAll()
      .where('id', '=', resultOf(body).origin.id)
      .executeTakeFirstOrThrow();
    expect(origin.happened_at).toEqual(new Date('2026-01-02T02:04:05Z'));
  });

  test('does not take what is somebody else’s', async () => {
    await join({ email: 'eve@example.com', username: 'eve', customer_id: 'c1' });
    const { status, body } = await join({ email: 'fay@example.com', username: 'EVE', customer_id: 'c1' });
    expect(status).toBe(201);
    expect(resultOf(body).origin).toMatchObject({ email: 'fay@example.com', customer_id: null });
  });

  const many = Array.from({ length: 51 }, (_, index) => `t${index}`);
  test.each<[string, Record<string, unknown>, RegExp | string]>([
    ['no address', { email: 'nobody' }, "Email isn't valid"],
    ['an empty address', { email: '' }, "Email isn't valid"],
    ['nothing', {}, '`data.email` is required'],
    ['a field that is none', { email: 'x@example.com', foo: 1 }, 'found unpermitted parameter: :foo'],
    [
      'a field of purchases',
      { email: 'x@example.com', order_number: '1' },
      'found unpermitted parameter: :order_number',
    ],
    ['a wrong type', { email: 5 }, /"data\.email" must be of type string/],
    ['no telephone', { email: 'x@example.com', phone_number: 'five' }, /^Phone number isn't valid/],
    ['no IP', { email: 'x@example.com', ip_address: '1.2.3' }, "Ip address isn't valid"],
    ['no UUID', { email: 'x@example.com', uuid: 'abc' }, "Uuid isn't valid"],
    ['no time', { email: 'x@example.com', created_at: 'yesterday' }, /created_at/],
    [
      'a channel without links',
      { email: 'x@example.com', sharing_channels: ['email'] },
      'Wrong sharing channel: email',
    ],
    [
      'a channel that is none',
      { email: 'x@example.com', sharing_channels: ['pigeon'] },
      'Wrong sharing channel: pigeon',
    ],
    ['too many tags', { email: 'x@example.com', campaign_tags: many }, /campaign_tags/],
    ['an object for a property', { email: 'x@example.com', custom_properties: { a: {} } }, /custom_properties/],
  ])('with %s is refused, and nothing happens', async (_what, data, message) => {
    const before = await counts();
    const { status, body } = await join(data);
    expect({ status, body }).toEqual({ status: 400, body: refusal(message) });
    expect(await counts()).toEqual(before);
  });

  test('of a site that is not theirs is not found', async () => {
    const reply = await shop.ask('POST', '/origins/affiliate_member', { site_slug: 'none', data: { email: 'x@y.z' } });
    expect(reply).toMatchObject({ status: 404, body: { ok: false, error_message: 'No site found by `site_slug`.' } });
  });
});

describe('a purchase', () => {
  const order = (number: string, more: Record<string, unknown> = {}) =>
    shop.ask('POST', '/origins/purchase', {
      site_slug: 'shop',
      data: { email: 'gus@example.com', order_number: number, subtotal: 100.5, ...more },
    });

  test('is answered whole', async () => {
    const { status, body } = await order('P-1', {
      ...{ coupon_codes: ['ten-off', 'FIVE'], currency_iso_code: 'USD', customer_id: 'gus' },
      ...{ shipping_address: '1 Main Street, Apt. 5', shipping_zip: '02134', ip_address: '192.0.2.1' },
      ...{ items: [{ price: 50.25, quantity: 2, product_id: 'sku-1' }], created_at: '2026-11-01T12:00:00Z' },
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      ok: true,
      result: {
        origin: {
          ...{ id: anId, type: 'Purchase', email: 'gus@example.com', customer_id: 'gus', ip_address: '192.0.2.1' },
          ...{ subtotal: 100.5, coupon_code: 'TEN-OFF', order_number: 'P-1' },
          ...{ order_date: '2026-11-01T07:00:00.000-05:00', refunded_at: null },
          ...{ refund_subtotal: null, partially_refunded: false, ...NO_LABELS },
        },
        offer: offerOf('gus@example.com'),
      },
    });
    const row = await world.core.db
      .selectFrom('origins')
      .selectAll()
      .where('number', '=', 'P-1')
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      ...{ subtotal: 10050, coupon_codes: ['TEN-OFF', 'FIVE'], shipping_key: '1 main st apt 5 02134' },
      items: [{ productId: 'sku-1', price: 5025, quantity: 2 }],
    });
  });

  test('again with the address that its person had then is the same, and makes nobody else', async () => {
    const bought = { email: 'before@example.com' };
    const first = resultOf((await order('P-MOVED', bought)).body);
    await shop.ask('PUT', '/people/before@example.com', { data: { email: 'after@example.com' } });
    const again = resultOf((await order('P-MOVED', bought)).body);
    expect(again).toMatchObject({ origin: { id: first.origin.id }, offer: { id: first.offer.id } });
    expect((await shop.ask('GET', '/people/before@example.com')).status).toBe(404);
  });

  test('again with the same is the same, whatever the circumstances', async () => {
    const first = resultOf((await order('P-2', { coupon_codes: ['a', 'b'] })).body);
    const again = await order('P-2', { coupon_codes: ['B', 'A'], ip_address: '192.0.2.9', utm_source: 'mail' });
    expect(again.status).toBe(201);
    expect(resultOf(again.body)).toEqual(first);
  });

  test.each([
    ['another sum', { subtotal: 100.51 }],
    ['another address', { email: 'other@example.com' }],
    ['other coupons', { coupon_codes: ['x'] }],
    ['other goods', { items: [{ price: 1, quantity: 1, product_id: 'x' }] }],
    ['another place', { shipping_zip: '1' }],
  ])('again with %s is refused, and changes nobody', async (_what, more) => {
    await order('P-3');
    const before = await counts();
    const { status, body } = await order('P-3', { first_name: 'Changed', ...more });
    expect({ status, body }).toEqual({
      status: 400,
      body: refusal(
        'Duplicate entity: Talkable already has existing Purchase with the same order_number but different data',
      ),
    });
    expect(await counts()).toEqual(before);
    expect(
      await world.core.db.selectFrom('site_people').select('id').where('first_name', '=', 'Changed').execute(),
    ).toEqual([]);
  });

  test('twice at once is one origin, one offer and one event', async () => {
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => order('P-4', { email: 'hal@example.com', customer_id: 'hal', username: 'hal' })),
    );
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201));
    const [first, ...others] = replies.map(({ body }) => resultOf(body));
    for (const other of others) expect(other).toEqual(first);
    const events = await world.core.db
      .selectFrom('events')
      .select(['type', 'subject'])
      .where('subject', 'in', [String(first?.origin.id), String(first?.offer.id)])
      .orderBy('type')
      .execute();
    expect(events.map(({ type }) => type)).toEqual(['advocate.joined', 'origin.registered']);
  });

  test.each<[string, Record<string, unknown>, RegExp | string]>([
    ['no number', { order_number: undefined }, '`data.order_number` is required'],
    ['an empty number', { order_number: '' }, /order_number/],
    ['a blank number', { order_number: ' ' }, /^A number has/],
    ['no sum', { subtotal: undefined }, '`data.subtotal` is required'],
    ['a negative sum', { subtotal: -1 }, /subtotal/],
    ['a sum in words', { subtotal: 'ten' }, /subtotal/],
    ['another currency', { currency_iso_code: 'EUR' }, 'The currency of this site is USD, not EUR.'],
    ['half an item', { items: [{ price: 1, quantity: 0.5, product_id: 'x' }] }, /quantity/],
    ['an item without a price', { items: [{ quantity: 1, product_id: 'x' }] }, '`data.items.0.price` is required'],
    ['a category', { event_category: 'x' }, 'found unpermitted parameter: :event_category'],
  ])('with %s is refused', async (_what, more, message) => {
    const { status, body } = await order('P-5', more);
    expect({ status, body }).toEqual({ status: 400, body: refusal(message) });
  });
});

describe('an event', () => {
  const happen = (more: Record<string, unknown> = {}) =>
    shop.ask('POST', '/origins/event', {
      data: { email: 'ida@example.com', event_category: 'visit', event_number: '1', subtotal: 0, ...more },
    });

  test('is answered whole; no campaign takes it, and so there is no offer', async () => {
    const { status, body } = await happen({ sharing_channels: ['sms'] });
    expect(status).toBe(201);
    expect(body).toEqual({
      ok: true,
      result: {
        origin: {
          ...{ id: anId, type: 'Event', email: 'ida@example.com', customer_id: null, ip_address: null },
          ...{ subtotal: 0, coupon_code: null, event_category: 'visit', event_number: '1', refunded_at: null },
          ...{ refund_subtotal: null, partially_refunded: false, ...NO_LABELS },
        },
        offer: null,
      },
    });
  });

  test('is known by its category and number', async () => {
    const first = resultOf((await happen({ event_number: '2' })).body);
    expect(resultOf((await happen({ event_number: '2' })).body).origin).toEqual(first.origin);
    const other = await happen({ event_number: '2', event_category: 'other' });
    expect(resultOf(other.body).origin.id).not.toBe(first.origin.id);
    const { status, body } = await happen({ event_number: '2', subtotal: 5 });
    expect({ status, body }).toEqual({
      status: 400,
      body: refusal(
        'Duplicate entity: Talkable already has existing Event with the same event_number but different data',
      ),
    });
  });

  test.each<[string, Record<string, unknown>, RegExp | string]>([
    ['no category', { event_category: undefined }, '`data.event_category` is required'],
    ['a colon in its category', { event_category: 'a:b' }, /no colon/],
    ['no number', { event_number: undefined }, '`data.event_number` is required'],
    ['an order number', { order_number: '1' }, 'found unpermitted parameter: :order_number'],
  ])('with %s is refused', async (_what, more, message) => {
    const { status, body } = await happen(more);
    expect({ status, body }).toEqual({ status: 400, body: refusal(message) });
  });
});

describe('an origin by its type', () => {
  const create = (type: unknown, data: unknown) => shop.ask('POST', '/origins', { type, data });

  test.each([
    ['AffiliateMember', { email: 'joe@example.com' }],
    ['Purchase', { email: 'joe@example.com', order_number: 'J-1', subtotal: 1 }],
    ['Event', { email: 'joe@example.com', event_category: 'c', event_number: 'J-1', subtotal: 1 }],
  ])('%s is made', async (type, data) => {
    const { status, body } = await create(type, data);
    expect({ status, type: resultOf(body).origin.type }).toEqual({ status: 201, type });
  });

  test.each<[string, unknown, unknown, RegExp | string]>([
    [
      'a type that is none',
      'Customer',
      { email: 'a@b.c' },
      '`type` must be within ["AffiliateMember", "Purchase", "Event"]',
    ],
    ['no type', undefined, { email: 'a@b.c' }, '`type` is required'],
    ['a name of all objects', 'toString', { email: 'a@b.c' }, /^`type` must be within/],
    [
      'what another type has',
      'AffiliateMember',
      { email: 'a@b.c', subtotal: 1 },
      'found unpermitted parameter: :subtotal',
    ],
    ['too little', 'Purchase', { email: 'a@b.c', subtotal: 1 }, '`data.order_number` is required'],
    ['no data', 'Purchase', undefined, '`data` is required'],
  ])('with %s is refused', async (_what, type, data, message) => {
    const { status, body } = await create(type, data);
    expect({ status, body }).toEqual({ status: 400, body: refusal(message) });
  });
});

describe('campaigns', () => {
  test('are chosen by tags', async () => {
    expect(resultOf((await join({ email: 'kim@example.com', campaign_tags: ['other'] })).body).offer).toBeNull();
    expect(
      resultOf((await join({ email: 'kim@example.com', campaign_tags: ['other', 'default'] })).body).offer,
    ).toMatchObject({
      email: 'kim@example.com',
    });
  });

  test.each<[string, Parameters<typeof openShop>[1], Record<string, unknown>, boolean]>([
    ['too young an origin', { campaign: { originMinAge: 3600 } }, {}, false],
    ['an origin of age', { campaign: { originMinAge: 3600 } }, { created_at: '2020-01-01T00:00:00Z' }, true],
    ['too old an origin', { campaign: { originMaxAge: 3600 } }, { created_at: '2020-01-01T00:00:00Z' }, false],
    ['no property that is asked for', { campaign: { audience: { properties: { tier: 'gold' } } } }, {}, false],
    [
      'the property that is asked for',
      { campaign: { audience: { properties: { tier: 'gold' } } } },
      { custom_properties: { tier: 'gold' } },
      true,
    ],
    ['no tag of the audience', { campaign: { audience: { tags: ['vip'] } } }, {}, false],
    ['a tag of the audience', { campaign: { audience: { tags: ['vip'] } } }, { campaign_tags: ['vip'] }, true],
    ['no purchase, where customers are asked', { campaign: { audience: { newCustomers: false } } }, {}, false],
    ['no purchase, where new ones are asked', { campaign: { audience: { newCustomers: true } } }, {}, true],
    ['a kind that does not join', { campaign: { joinableBy: ['purchase'] } }, {}, false],
  ])('take %s, or not', async (what, options, more, taken) => {
    const slug = `s-${what.replace(/[^a-z]/g, '')}`;
    const other = await openShop(world, { ...options, slug });
    const { body } = await other.ask('POST', '/origins/affiliate_member', {
      data: { email: 'lea@example.com', ...more },
    });
    expect(resultOf(body).offer !== null).toBe(taken);
  });

  test('that are tests make offers in test mode alone; those that are over or not begun make none', async () => {
    const other = await openShop(world, { slug: 'states' });
    const set = (set: object) =>
      world.core.db
        .updateTable('referral_campaigns')
        .set(set)
        .where('site_id', 'in', [other.site.live.id, other.site.test.id])
        .execute();
    const offered = async (email: string, mode: 'live' | 'test') =>
      resultOf((await other.ask('POST', '/origins/affiliate_member', { data: { email } }, mode)).body).offer !== null;
    await set({ status: 'test' });
    expect([await offered('a@example.com', 'test'), await offered('a@example.com', 'live')]).toEqual([true, false]);
    const now = world.clock.now();
    await set({ status: 'live', starts_at: new Date(now + 1000) });
    expect(await offered('b@example.com', 'live')).toBe(false);
    await set({ starts_at: null, ends_at: new Date(now) });
    expect(await offered('c@example.com', 'live')).toBe(false);
  });

  test('set when an offer ends', async () => {
    const other = await openShop(world, {
      slug: 'ends',
      campaign: { advocateDeadlineDays: 10, friendDeadlineDays: 5 },
    });
    await other.ask('POST', '/origins/affiliate_member', { data: { email: 'a@example.com' } });
    const { expires_at: end } = await world.core.db
      .selectFrom('offers')
      .select('expires_at')
      .where('site_id', '=', other.site.test.id)
      .executeTakeFirstOrThrow();
    expect(end).toEqual(new Date(world.clock.now() + 15 * 86_400_000));
  });
});

function join(data: Record<string, unknown>): Promise<Reply> {
  return shop.ask('POST', '/origins/affiliate_member', { site_slug: 'shop', data });
}

interface Result {
  origin: { id: number; type: string };
  offer: { id: number; claim_url: string };
  claim_links?: Record<string, string>;
}

function resultOf(body: Record<string, unknown>): Result {
  return body.result as Result;
}

function refusal(message: RegExp | string) {
  const error_message = typeof message === 'string' ? message : (expect.stringMatching(message) as string);
  return { ok: false, error_message };
}

async function counts(): Promise<Record<string, number>> {
  const numbers: Record<string, number> = {};
  for (const table of ['site_people', 'origins', 'offers', 'events', 'visitors'] as const) {
    const { n } = await world.core.db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    numbers[table] = Number(n);
  }
  return numbers;
}
