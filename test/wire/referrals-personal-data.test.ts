import { sql } from 'kysely';
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giveReward } from '#core/rewards/index.js';
import { optedOutEmails, personById } from '#core/site-people/index.js';
import { openLoyalty } from '../loyalty.js';
import { advocateOf, buys, comes, promised, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  await openLoyalty(world, shop);
});
afterAll(() => world.close());

const refused = (error_message: string) => ({ ok: false, error_message });
const UUID = '6c6b2a52-7d1c-4f0c-9a44-0a7f0d1e2b3c';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}-0[45]:00$/) as string;

const ANNA = {
  ...{ email: 'anna@example.com', first_name: 'Annabel', last_name: 'Lastname', username: 'annabel-user' },
  ...{ customer_id: 'customer-4711', phone_number: '+14155550123', custom_properties: { pet: 'Rex-the-dog' } },
};
/** @returns the code of their offer */
async function register(person: object = ANNA, number = '1001'): Promise<string> {
  const data = {
    ...person,
    ...{ order_number: number, subtotal: 20.5, ip_address: '192.0.2.77', uuid: UUID },
    ...{ shipping_address: '12 Nowhere Street', shipping_zip: '99501', utm_source: 'letter-to-anna' },
  };
  const { status, body } = await shop.ask('POST', '/origins/purchase', { data });
  expect(status).toBe(201);
  return (body as { result: { offer: { short_url_code: string } } }).result.offer.short_url_code;
}

describe('GET /people/{person_slug}/personal_data', () => {
  test('all that is kept of somebody', async () => {
    const code = await register();
    const recipients = 'tom@example.com, eve@example.com';
    expect((await shop.ask('POST', `/offers/${code}/shares/email`, { recipients })).status).toBe(200);
    const visit = { advocate_email: 'vera@example.com', friend_email: 'anna@example.com' };
    expect((await shop.ask('POST', '/offer_claims', visit)).status).toBe(200);
    const { status, body } = await shop.ask('GET', '/people/anna%40example.com/personal_data');
    expect(status).toBe(200);
    expect(body).toEqual({
      ok: true,
      result: {
        person: {
          ...{ ...ANNA, gender: null, created_at: time, opted_in_at: null, phone_opted_in_at: null },
          ...{ unsubscribed_at: null, sub_choice: null, subscribed_at: null, points_balance: 50, member_dates: [] },
          origins: [
            {
              ...{ type: 'Purchase', created_at: time, order_number: '1001', coupon_codes: [] },
              ...{ ip_address: '192.0.2.77', user_agent: null, uuid: UUID },
              ...{ event_category: null, event_number: null, subtotal: 20.5 },
              ...{ shipping_address: '12 Nowhere Street', shipping_zip: '99501' },
            },
          ],
          visits: [
            {
              created_at: time,
              channel: 'other',
              ip_address: null,
              user_agent: null,
              uuid: expect.any(String) as string,
            },
          ],
          shares: [{ created_at: time, channel: 'email', recipients: ['eve@example.com', 'tom@example.com'] }],
          browsers: [UUID],
        },
      },
    });
  });
});

describe('POST /people/{person_slug}/unsubscribe', () => {
  const events = async (email: string): Promise<number> => {
    const rows = await world.core.db
      .selectFrom('events')
      .select('data')
      .where('type', '=', 'site_person.unsubscribed')
      .execute();
    return rows.filter(({ data }) => (data as { person: { email: string } }).person.email === email).length;
  };

  test('somebody who is known, once', async () => {
    await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'bob@example.com', username: 'bob' } });
    const first = await shop.ask('POST', '/people/bob/unsubscribe', { site_slug: 'shop' });
    expect(first).toMatchObject({
      status: 200,
      body: { ok: true, result: { person: { email: 'bob@example.com', username: 'bob', unsubscribed_at: time } } },
    });
    const found = await shop.ask('GET', '/people/bob');
    expect(first.body).toEqual(found.body);
    await world.run(60_000);
    expect((await shop.ask('POST', '/people/bob/unsubscribe')).body).toEqual(first.body);
    expect(await events('bob@example.com')).toBe(1);
    expect(await optedOutEmails(world.core, shop.site.test, ['bob@example.com'])).toEqual(new Set(['bob@example.com']));
    expect((await optedOutEmails(world.core, shop.site.live, ['bob@example.com'])).size).toBe(0);
  });

  test('an address that nobody was known by', async () => {
    const reply = await shop.ask('POST', '/people/new%40example.com/unsubscribe', {});
    expect(reply).toMatchObject({ status: 200, body: { result: { person: { email: 'new@example.com' } } } });
    expect(await events('new@example.com')).toBe(1);
  });

  test.each([
    ['POST', '/unsubscribe', {}],
    ['PUT', '', { data: { unsubscribed: true } }],
  ])('%s %s: letters that wait are not sent, but those of another site are', async (method, path, body) => {
    const email = `hal-${method}@example.com`.toLowerCase();
    await shop.ask('POST', '/origins/affiliate_member', { data: { email } });
    const other = await openShop(world, { slug: `beside-${method.toLowerCase()}` });
    const at = new Date(world.clock.now());
    const { id: account_id } = world.account;
    const letter = { account_id, mode: 'test' as const, to_address: email, unsubscribe_url: 'http://127.0.0.1/u' };
    const waits = { status: 'pending' as const, next_at: new Date(at.getTime() + 3_600_000), created_at: at };
    await world.core.db
      .insertInto('emails')
      .values([
        { ...letter, ...waits, id: `eml_a${method}`, site_id: shop.site.test.id, subject: 'Ours', body: 'Ours' },
        { ...letter, ...waits, id: `eml_b${method}`, site_id: other.site.test.id, subject: 'Theirs', body: 'Theirs' },
      ])
      .execute();
    expect((await shop.ask(method, `/people/${email}${path}`, body)).status).toBe(200);
    const emails = world.core.db.selectFrom('emails').select(['status', 'body']).where('to_address', '=', email);
    expect(await emails.orderBy('id').execute()).toEqual([
      { status: 'failed', body: '' },
      { status: 'pending', body: 'Theirs' },
    ]);
  });

  test('who wants none is not taken to want them for what a friend’s page says later', async () => {
    await shop.ask('POST', '/people/jon%40example.com/unsubscribe', {});
    await shop.ask('POST', '/people/jon%40example.com/anonymize', {});
    await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'jon@example.com' } });
    const data = { gated_param_subscribed: true };
    expect((await shop.ask('PUT', '/people/jon%40example.com', { data })).status).toBe(422);
  });

  test('what is no address, and nobody', async () => {
    const reply = await shop.ask('POST', '/people/nobody/unsubscribe', {});
    expect(reply).toMatchObject({ status: 422, body: refused("Validation failed: Email isn't valid") });
  });
});

describe('POST /people/{person_slug}/anonymize', () => {
  test('nothing says any more who it was, in any table', async () => {
    await register({ ...ANNA }, '1002');
    await shop.ask('PUT', '/loyalty/members/anna@example.com', {
      data: { member_dates: [{ identifier: 'birthday', date: '1990-05-17' }] },
    });
    const kept = { key: shop.keys.test, headers: { 'idempotency-key': 'kept' } };
    const data = { email: ANNA.email, custom_properties: { pet: 'Rex-the-dog' } };
    await world.request('POST', '/referrals/api/v2/origins/affiliate_member', { ...kept, body: { data } });
    // A browser that says who buys, a friend who brought her, a letter to her and one in her name.
    const at = new Date(world.clock.now());
    const site_id = shop.site.test.id;
    await world.core.db
      .insertInto('browser_claims')
      .values({
        ...{ site_id, visitor: '11111111-2222-4333-8444-555555555555', kind: 'purchase', number: '1002' },
        ...{ data: JSON.stringify({ email: ANNA.email }), created_at: at },
      })
      .execute();
    await shop.ask('POST', '/offer_claims', { advocate_email: 'zoe@example.com', friend_email: ANNA.email });
    const { body: hers } = await shop.ask('POST', '/origins/affiliate_member', { data: { email: ANNA.email } });
    const { body: theirs } = await shop.ask('POST', '/origins/affiliate_member', {
      data: { email: 'zoe@example.com' },
    });
    const codeOf = (reply: object): string =>
      (reply as { result: { offer: { short_url_code: string } } }).result.offer.short_url_code;
    await shop.ask('POST', `/offers/${codeOf(hers)}/shares/email`, { recipients: 'yan@example.com' });
    await shop.ask('POST', `/offers/${codeOf(theirs)}/shares/email`, { recipients: ANNA.email });
    await world.settle();
    const before = await mentions();
    expect(before).toEqual(
      expect.arrayContaining([
        ...['browser_claims', 'emails', 'events', 'idempotency_keys', 'loyalty_members', 'origins', 'share_recipients'],
        ...['site_people', 'visitors'],
      ]),
    );

    await shop.ask('POST', '/people/anna%40example.com/unsubscribe', {});
    const { status, body } = await shop.ask('POST', '/people/anna%40example.com/anonymize', { site_slug: 'shop' });
    expect(status).toBe(200);
    const person = (body as { result: { person: Record<string, unknown> } }).result.person;
    expect(person).toMatchObject({
      email: expect.stringMatching(/^[0-9a-f-]{36}@anonymized\.email$/) as string,
      ...{ first_name: null, last_name: null, username: null, customer_id: null, phone_number: null, gender: null },
      ...{ custom_properties: {}, sub_choice: null, subscribed_at: null, opted_in_at: null, phone_opted_in_at: null },
      ...{ unsubscribed_at: null, events_count: 0 },
    });
    expect(await mentions()).toEqual([]);
    for (const slug of ['anna%40example.com', 'annabel-user', 'customer-4711', '%2B14155550123']) {
      const gone = await shop.ask('GET', `/people/${slug}`);
      expect(gone).toMatchObject({ status: 404, body: refused('No person found by `person_slug`.') });
    }
    // The same order once more answers nothing of hers, and makes nobody of her again.
    const again = {
      ...{ ...ANNA, order_number: '1002', subtotal: 20.5, ip_address: '192.0.2.77', uuid: UUID },
      ...{ shipping_address: '12 Nowhere Street', shipping_zip: '99501', utm_source: 'letter-to-anna' },
    };
    expect((await shop.ask('POST', '/origins/purchase', { data: again })).status).toBe(400);
    expect(await mentions()).toEqual([]);
    // What they asked for goes on.
    expect((await optedOutEmails(world.core, shop.site.test, [ANNA.email])).size).toBe(1);
    const twice = await shop.ask('POST', `/people/${encodeURIComponent(String(person['email']))}/anonymize`, {});
    expect(twice).toMatchObject({ status: 200, body: { result: { person: { email: person['email'] } } } });
  });

  test('letters in their name, and to them, are gone, and so is whom they were sent to', async () => {
    const { db } = world.core;
    const at = new Date(world.clock.now());
    const offerOf = async (email: string) => {
      const { body } = await shop.ask('POST', '/origins/affiliate_member', { data: { email } });
      return (body as { result: { offer: { id: number } } }).result.offer.id;
    };
    const [mine, theirs] = [await offerOf('cleo@example.com'), await offerOf('dora@example.com')];
    const site_id = shop.site.test.id;
    const letter = async (offer_id: number, to: string): Promise<void> => {
      const { id } = await db
        .insertInto('shares')
        .values({ site_id, offer_id, channel: 'email', code: `share-${offer_id}-${to}`, created_at: at })
        .returning('id')
        .executeTakeFirstOrThrow();
      await db
        .insertInto('share_recipients')
        .values({ share_id: id, site_id, offer_id, email: to, sent_at: at, reminder_at: at })
        .execute();
      await db
        .insertInto('emails')
        .values({
          ...{
            id: `eml_${id}`,
            account_id: world.account.id,
            site_id,
            mode: 'test',
            about: `share:${id}`,
            to_address: to,
          },
          ...{ subject: 'Hello', body: 'Hello', status: 'sent', created_at: at },
        })
        .execute();
    };
    await letter(mine, 'eve@example.com');
    await letter(theirs, 'cleo@example.com');
    await letter(theirs, 'finn@example.com');
    await shop.ask('POST', '/people/cleo%40example.com/anonymize', {});
    const emails = await db.selectFrom('emails').select('to_address').where('about', 'like', 'share:%').execute();
    expect(emails).toEqual([{ to_address: 'finn@example.com' }]);
    const recipients = await db.selectFrom('share_recipients').select('email').where('email', 'is not', null).execute();
    expect(recipients).toEqual([{ email: 'finn@example.com' }]);
  });

  test('of an advocate: their offers end, and nothing is promised to nobody', async () => {
    const { code, offerId } = await advocateOf(shop, 'left@ours.example');
    const { page } = await world
      .request('POST', `/referrals/tag/${shop.site.test.publicId}/share`, {
        ...{ key: null, headers: { 'content-type': 'text/plain', origin: 'https://shop.example' } },
        body: JSON.stringify({
          ...{ visitor: UUID, email: 'left@ours.example' },
          identifier_hash: createHmac('sha256', shop.securityKeys.test).update('left@ours.example').digest('hex'),
        }),
      })
      .then(({ body }) => body as unknown as { page: string });
    const own = new URL(page);
    const friends = [randomUUID(), randomUUID()] as const;
    for (const visitor of friends) await comes(world, shop, offerId, { visitor });
    await buys(shop, 'before-they-left@theirs.example', 'left-1', { uuid: friends[0] });
    const { campaign, incentive } = await promised(world, shop, 'advocate');
    const { person_id } = await world.core.db
      .selectFrom('offers')
      .select('person_id')
      .where('id', '=', offerId)
      .executeTakeFirstOrThrow();
    const waits = await world.core.db.transaction().execute(async (tx) => {
      const person = await personById({ db: tx }, shop.site.test, person_id);
      const give = { campaign, incentive, person, reason: 'signup' as const, once: 'waits', held: true };
      return giveReward(tx, world.core, shop.site.test, give);
    });
    expect(waits?.status).toBe('unpaid');

    const { body } = await shop.ask('POST', '/people/left@ours.example/anonymize', {});
    const advocate = (body as { result: { person: { email: string } } }).result.person.email;
    for (const path of [`/r/${code}`, `/o/${code}`, own.pathname + own.search]) {
      const { status } = await world.request('GET', path, { key: null, headers: { 'user-agent': 'Firefox/140.0' } });
      expect([path, status]).toEqual([path, 410]);
    }
    await buys(shop, 'after-they-left@theirs.example', 'left-2', { uuid: friends[1] });
    expect(await referralOf(world, shop, 'left-2')).toBeUndefined();
    const byHand = { data: { advocate, force: true } };
    expect((await shop.ask('POST', '/manage/origins/left-2/referral', byHand)).status).toBe(422);
    // Whom they brought before has theirs.
    const approved = await shop.ask('PUT', '/origins/left-1/referral', { data: { status: 'approved' } });
    expect(approved.body).toMatchObject({ result: { referral: { status: 'approved', advocate_rewards: [] } } });
    const rewards = await world.core.db
      .selectFrom('rewards')
      .innerJoin('site_people', 'site_people.id', 'rewards.person_id')
      .select(['reason', 'status', 'site_people.email'])
      .where('offer_id', '=', offerId)
      .execute();
    expect(rewards).toEqual([{ reason: 'referred', status: 'paid', email: 'before-they-left@theirs.example' }]);
    const waited = world.core.db.selectFrom('rewards').select('status').where('once', '=', 'waits');
    expect(await waited.execute()).toEqual([{ status: 'voided' }]);
  });

  test('rows of a batch that wait are not made any more', async () => {
    await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'ida@example.com' } });
    const { db, clock } = world.core;
    const at = new Date(clock.now());
    const site_id = shop.site.test.id;
    await db
      .insertInto('origin_batches')
      .values({
        id: 'obt_waiting',
        site_id,
        kind: 'purchase',
        create_offers: true,
        total: 1,
        node_id: 4711,
        created_at: at,
      })
      .execute();
    const data = JSON.stringify({ kind: 'purchase', number: '1', subtotal: 1, person: { email: ' Ida@Example.com' } });
    await db.insertInto('origin_batch_rows').values({ batch_id: 'obt_waiting', row: 0, data }).execute();
    await shop.ask('POST', '/people/ida%40example.com/anonymize', {});
    const row = await db.selectFrom('origin_batch_rows').selectAll().where('batch_id', '=', 'obt_waiting').execute();
    expect(row).toMatchObject([{ data: null, error: 'This person was erased.' }]);
    expect((await shop.ask('GET', '/people/ida%40example.com')).status).toBe(404);
  });

  /** The tables in which something of Anna is to be read. */
  async function mentions(): Promise<string[]> {
    const { db } = world.core;
    const { rows: tables } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(
      db,
    );
    const hashed = ['anna@example.com', 'Annabel', 'Annabel Lastname', '+14155550123', 'annabel-user'].flatMap(
      (word) => {
        const hash = createHash('sha256').update(word).digest();
        return [hash.toString('hex'), hash.toString('base64'), hash.toString('base64url')];
      },
    );
    const words = [
      ...hashed,
      ...['anna@example.com', 'Annabel', 'Lastname', 'annabel-user', 'customer-4711', '4155550123', 'Rex-the-dog'],
      ...['192.0.2.77', 'Nowhere Street', 'nowhere street', '99501', 'letter-to-anna', '1990-05-17', UUID],
    ];
    const found: string[] = [];
    for (const { name } of tables) {
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from ${sql.table(name)} as t
        where ${sql.join(
          words.map((word) => sql`t::text like ${`%${word}%`}`),
          sql` or `,
        )}`.execute(db);
      if (Number(rows[0]?.n) > 0) found.push(name);
    }
    return found.sort();
  }
});

describe('who cannot', () => {
  test.each([
    ['GET', '/personal_data', undefined],
    ['POST', '/anonymize', {}],
  ])('%s %s: nobody, and one of the other half or another site', async (method, path, body) => {
    await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'gus@example.com' } });
    const other = await openShop(world, { slug: `other${path.length}` });
    for (const reply of [
      await shop.ask(method, `/people/nobody%40example.com${path}`, body),
      await shop.ask(method, `/people/gus%40example.com${path}`, body, 'live'),
      await other.ask(method, `/people/gus%40example.com${path}`, body),
    ]) {
      expect(reply).toMatchObject({ status: 404, body: refused('No person found by `person_slug`.') });
    }
  });

  test.each(['/anonymize', '/unsubscribe'])('POST %s takes no other field', async (path) => {
    const reply = await shop.ask('POST', `/people/gus%40example.com${path}`, { foo: 1 });
    expect(reply).toMatchObject({ status: 400, body: refused('found unpermitted parameter: :foo') });
  });
});
