import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  await join({
    ...{ email: 'anna@example.com', first_name: 'Anna', last_name: 'Aal', username: 'Anna', customer_id: 'c-1' },
    ...{ phone_number: '+14155550101', custom_properties: { eye_color: 'grey' } },
  });
});
afterAll(() => world.close());

const NOTHING = {
  ...{ first_name: null, last_name: null, username: null, customer_id: null, phone_number: null, gender: null },
  ...{ custom_properties: {}, sub_choice: null, subscribed_at: null, opted_in_at: null, phone_opted_in_at: null },
  ...{ unsubscribed_at: null, events_count: 0, referral_counts: { total: 0, approved: 0, pending: 0 } },
  ...{ reward_counts: { total: 0 }, share_counts: { total: 0 }, last_invited_by: null, referred_by: null },
};
const ANNA = {
  ...NOTHING,
  ...{ email: 'anna@example.com', first_name: 'Anna', last_name: 'Aal', username: 'Anna', customer_id: 'c-1' },
  ...{ phone_number: '+14155550101', custom_properties: { eye_color: 'grey' } },
  personal_claim_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:8080\/r\/[2-9a-z]{10}$/) as string,
};

describe('a person', () => {
  test.each(['anna@example.com', 'ANNA%40Example.COM', '%2B14155550101', 'c-1', 'anna', 'ANNA'])(
    'is found by %s',
    async (slug) => {
      const { status, body } = await shop.ask('GET', `/people/${slug}?site_slug=shop`);
      expect({ status, body }).toEqual({ status: 200, body: { ok: true, result: { person: ANNA } } });
    },
  );

  test.each(['nobody', 'nobody@example.com', '%2B14155550199', '%F0%9F%98%80'])('is not found by %s', async (slug) => {
    const { status, body } = await shop.ask('GET', `/people/${slug}`);
    expect({ status, body }).toEqual({ status: 404, body: refusal('No person found by `person_slug`.') });
  });

  test('is of one site and one mode', async () => {
    const other = await openShop(world, { slug: 'other' });
    expect((await other.ask('GET', '/people/anna@example.com')).status).toBe(404);
    expect((await shop.ask('GET', '/people/anna@example.com', undefined, 'live')).status).toBe(404);
    expect((await shop.ask('PUT', '/people/anna', { data: {} }, 'live')).status).toBe(404);
  });

  test('is counted: events, shares, and who invited them', async () => {
    await shop.ask('POST', '/origins/event', {
      data: { email: 'ben@example.com', event_category: 'x', event_number: '1', subtotal: 0 },
    });
    const offer = await world.core.db
      .selectFrom('offers')
      .innerJoin('site_people', 'site_people.id', 'offers.person_id')
      .select(['offers.id', 'offers.site_id'])
      .where('email', '=', 'anna@example.com')
      .executeTakeFirstOrThrow();
    const at = new Date(world.clock.now());
    const { id: shareId } = await world.core.db
      .insertInto('shares')
      .values({ site_id: offer.site_id, offer_id: offer.id, channel: 'email', code: 'share1', created_at: at })
      .returning('id')
      .executeTakeFirstOrThrow();
    await world.core.db
      .insertInto('share_recipients')
      .values({
        ...{ share_id: shareId, site_id: offer.site_id, offer_id: offer.id, email: 'ben@example.com', sent_at: at },
      })
      .execute();
    expect(await personOf('ben@example.com')).toEqual({
      ...{ ...NOTHING, email: 'ben@example.com', personal_claim_url: null, events_count: 1 },
      last_invited_by: 'anna@example.com',
    });
    expect(await personOf('anna@example.com')).toMatchObject({ share_counts: { total: 1 } });
    await world.core.db.deleteFrom('shares').execute();
  });
});

describe('a change', () => {
  const change = (slug: string, data: unknown, more: object = {}) =>
    shop.ask('PUT', `/people/${slug}`, { data, ...more });

  test('keeps what is not named, and answers the whole', async () => {
    await join({ email: 'cora@example.com', first_name: 'Cora', custom_properties: { a: '1', b: '2' } });
    const { status, body } = await change(
      'cora%40example.com',
      {
        ...{ last_name: 'Carr', email: 'Cora.Carr@example.com', phone_number: '+1 415 555 0102', username: 'cora' },
        ...{ customer_id: 'c-2', custom_properties: { b: null, c: true } },
      },
      { site_slug: 'shop' },
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      ok: true,
      result: {
        person: {
          ...{ ...ANNA, email: 'cora.carr@example.com', first_name: 'Cora', last_name: 'Carr', username: 'cora' },
          ...{ customer_id: 'c-2', phone_number: '+14155550102', custom_properties: { a: '1', c: 't' } },
        },
      },
    });
    const { body: after } = await change('c-2', { last_name: null, phone_number: null, customer_id: null });
    expect(after).toMatchObject({
      result: { person: { first_name: 'Cora', last_name: null, phone_number: null, customer_id: null } },
    });
  });

  test('of a choice is told once', async () => {
    await join({ email: 'dan@example.com' });
    expect((await change('dan@example.com', { gated_param_subscribed: false })).body).toMatchObject({
      result: { person: { sub_choice: false, subscribed_at: null } },
    });
    const now = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*-0[45]:00$/) as string;
    for (let times = 0; times < 2; times++) {
      expect((await change('dan@example.com', { gated_param_subscribed: true })).body).toMatchObject({
        result: { person: { sub_choice: true, subscribed_at: now, opted_in_at: now } },
      });
    }
    expect(await eventsOf('site_person.opted_in', 'dan@example.com')).toBe(1);
  });

  test('to no letters is told once, holds for a new address, and is not taken back', async () => {
    await join({ email: 'eli@example.com' });
    const at = '2026-01-02T00:00:00.000-05:00';
    for (let times = 0; times < 2; times++) {
      const { body } = await change('eli@example.com', { unsubscribed: true, unsubscribed_at: at });
      expect(body).toMatchObject({ result: { person: { unsubscribed_at: at } } });
    }
    expect(await eventsOf('site_person.unsubscribed', 'eli@example.com')).toBe(1);
    const hashes = async () => (await world.core.db.selectFrom('email_opt_outs').selectAll().execute()).length;
    expect(await hashes()).toBe(1);
    expect((await change('eli@example.com', { email: 'eli2@example.com' })).status).toBe(200);
    expect(await hashes()).toBe(2);
    for (const back of [{ unsubscribed: false }, { gated_param_subscribed: true }]) {
      const { status, body } = await change('eli2@example.com', back);
      expect({ status, body }).toEqual({ status: 422, body: refusal(/^Validation failed: They unsubscribed/) });
    }
  });

  test('with a hash of the address under the site’s key is believed', async () => {
    await join({ email: 'flo@example.com' });
    const { security_key_encrypted: sealed } = await world.core.db
      .selectFrom('sites')
      .select('security_key_encrypted')
      .where('id', '=', shop.site.test.id)
      .executeTakeFirstOrThrow();
    const hash = (email: string) => createHmac('sha256', world.core.secrets.open(sealed)).update(email).digest('hex');
    expect((await change('flo@example.com', { identifier_hash: hash('flo@example.com') })).status).toBe(200);
    expect(
      (await change('flo@example.com', { email: 'Flo2@example.com', identifier_hash: hash('flo2@example.com') }))
        .status,
    ).toBe(200);
    for (const wrong of [hash('other@example.com'), 'abc', '']) {
      const { status, body } = await change('flo2@example.com', { first_name: 'X', identifier_hash: wrong });
      expect({ status, body }).toEqual({ status: 400, body: refusal(/^Identifier hash isn't valid/) });
    }
    expect(await personOf('flo2@example.com')).toMatchObject({ first_name: null });
  });

  test.each<[string, unknown, number, RegExp | string]>([
    [
      'a user name that is taken',
      { username: 'ANNA' },
      422,
      'Validation failed: Username has already been taken. Please try another one.',
    ],
    ['an address that is taken', { email: 'anna@example.com' }, 422, 'Validation failed: Email has already been taken'],
    ['a customer that is taken', { customer_id: 'c-1' }, 422, 'Validation failed: Customer has already been taken'],
    ['a field that is none', { foo: 1 }, 400, 'found unpermitted parameter: :foo'],
    ['no address', { email: 'x' }, 400, "Email isn't valid"],
    ['null for an address', { email: null }, 400, /data\.email/],
    ['no telephone', { phone_number: '5' }, 400, /^Phone number isn't valid/],
    ['an empty name', { first_name: '' }, 400, /first_name/],
    ['a name beyond all length', { first_name: 'x'.repeat(256) }, 400, /first_name/],
    ['a choice in words', { unsubscribed: 'yes' }, 400, /unsubscribed/],
    ['a time that is none', { unsubscribed_at: 'now' }, 400, /unsubscribed_at/],
    ['a time before all others', { unsubscribed_at: '0000-01-01T00:00:00Z' }, 400, /not before 1970/],
    [
      'properties beyond number',
      { custom_properties: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`p${n}`, n])) },
      400,
      /at most 100 properties/,
    ],
  ])('with %s is refused, and changes nothing', async (_what, data, status, message) => {
    await join({ email: 'gil@example.com', custom_properties: { one: 1 } });
    const before = await personOf('gil@example.com');
    const reply = await change('gil@example.com', data);
    expect({ status: reply.status, body: reply.body }).toEqual({ status, body: refusal(message) });
    expect(await personOf('gil@example.com')).toEqual(before);
  });

  test('of an address that nobody has makes them known, and a refused one does not', async () => {
    const { status, body } = await change('New@Example.com', { first_name: 'Nia', customer_id: 'c-new' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ result: { person: { email: 'new@example.com', first_name: 'Nia' } } });
    expect((await shop.ask('GET', '/people/c-new')).body).toEqual(body);
    expect((await change('refused@example.com', { customer_id: 'c-new' })).status).toBe(422);
    expect((await shop.ask('GET', '/people/refused@example.com')).status).toBe(404);
  });

  test('of nobody is not found; without data it is refused', async () => {
    expect(await change('nobody', {})).toMatchObject({
      status: 404,
      body: refusal('No person found by `person_slug`.'),
    });
    expect(await shop.ask('PUT', '/people/anna')).toMatchObject({ status: 400, body: { ok: false } });
    expect(await shop.ask('PUT', '/people/anna', {})).toMatchObject({
      status: 400,
      body: refusal('`data` is required'),
    });
  });
});

describe('a browser', () => {
  const UUID = 'ecbb6fec-c3b4-4e7b-9aec-3a3f0e0d7b11';
  const visit = (data: unknown, more: object = {}) => shop.ask('POST', '/visitors', { data, ...more });

  test('is written down once', async () => {
    for (const uuid of [UUID, UUID.toUpperCase()]) {
      const { status, body } = await visit({ uuid }, { site_slug: 'shop' });
      expect({ status, body }).toEqual({ status: 200, body: { ok: true, result: { uuid: UUID } } });
    }
    await join({ email: 'hal@example.com', uuid: UUID });
    await visit({ uuid: UUID });
    const rows = await world.core.db.selectFrom('visitors').selectAll().execute();
    expect(rows).toMatchObject([{ uuid: UUID, site_id: shop.site.test.id, person_id: expect.any(Number) as number }]);
  });

  test.each<[string, unknown, object, number, RegExp | string]>([
    ['no UUID', { uuid: 'abc' }, {}, 400, "Uuid isn't valid"],
    ['nothing', {}, {}, 400, '`data.uuid` is required'],
    ['a field that is none', { uuid: UUID, foo: 1 }, {}, 400, 'found unpermitted parameter: :foo'],
    ['a site that is none', { uuid: UUID }, { site_slug: 'none' }, 404, 'No site found by `site_slug`.'],
  ])('with %s is refused', async (_what, data, more, status, message) => {
    const reply = await visit(data, more);
    expect({ status: reply.status, body: reply.body }).toEqual({ status, body: refusal(message) });
  });
});

describe('sources of traffic', () => {
  test('are those that origins and offers named', async () => {
    const other = await openShop(world, { slug: 'sources' });
    const asked = async () => (await other.ask('GET', '/traffic_sources?site_slug=sources')).body;
    expect(await asked()).toEqual({ ok: true, result: [] });
    for (const [email, traffic_source] of [
      ['a@example.com', 'mail'],
      ['b@example.com', 'checkout'],
      ['c@example.com', 'mail'],
      ['d@example.com', undefined],
    ]) {
      await other.ask('POST', '/origins/affiliate_member', { data: { email, traffic_source } });
    }
    expect(await asked()).toEqual({ ok: true, result: [{ identifier: 'checkout' }, { identifier: 'mail' }] });
    expect((await other.ask('GET', '/traffic_sources?foo=1')).status).toBe(400);
  });
});

async function join(data: Record<string, unknown>): Promise<void> {
  const { status } = await shop.ask('POST', '/origins/affiliate_member', { data });
  expect(status).toBe(201);
}

async function personOf(slug: string): Promise<Record<string, unknown>> {
  const { body } = await shop.ask('GET', `/people/${slug}`);
  return (body.result as { person: Record<string, unknown> }).person;
}

async function eventsOf(type: string, email: string): Promise<number> {
  const events = await world.core.db.selectFrom('events').select('data').where('type', '=', type).execute();
  return events.filter(({ data }) => (data as { person: { email: string } }).person.email === email).length;
}

function refusal(message: RegExp | string) {
  const error_message = typeof message === 'string' ? message : (expect.stringMatching(message) as string);
  return { ok: false, error_message };
}
