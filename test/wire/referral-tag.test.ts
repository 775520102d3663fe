import { createHmac, webcrypto } from 'node:crypto';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HeldClock } from '../held-clock.js';
import { advocateOf, buys, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

const ORIGIN = 'https://shop.example';
const VISITOR = '6f1d3c1e-2a57-4f0e-9d5c-0d2f6a1b7c11';
const OTHER = '0b7a7c52-7a43-4d0b-8f5e-3f5b0c9d2e22';
let world: World;
let shop: Shop;
let key: string;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  const row = await world.core.db
    .selectFrom('sites')
    .select('security_key_encrypted')
    .where('id', '=', shop.site.test.id)
    .executeTakeFirstOrThrow();
  key = world.core.secrets.open(row.security_key_encrypted);
});
afterAll(() => world.close());

function say(what: string, body: unknown, headers: Record<string, string> = {}, site = shop.site.test): Promise<Reply> {
  return world.request('POST', `/referrals/tag/${site.publicId}/${what}`, {
    ...{ key: null, body: JSON.stringify(body) },
    headers: { 'content-type': 'text/plain', origin: ORIGIN, ...headers },
  });
}

function signed(email: string): string {
  return createHmac('sha256', key).update(email).digest('hex');
}

async function visitorOfOrder(order_number: string, email: string): Promise<string | null> {
  const data = { email, order_number, subtotal: 20 };
  expect((await shop.ask('POST', '/origins/purchase', { data })).status).toBe(201);
  const row = await world.core.db
    .selectFrom('origins')
    .select('visitor')
    .where('site_id', '=', shop.site.test.id)
    .where('number', '=', order_number)
    .executeTakeFirstOrThrow();
  return row.visitor;
}

test('the script is there for every page, and holds no key', async () => {
  const reply = await world.request('GET', '/referrals/t.js', { key: null });
  expect(reply.status).toBe(200);
  expect(reply.headers).toMatchObject({
    ...{ 'content-type': 'text/javascript; charset=utf-8', 'x-content-type-options': 'nosniff' },
    'access-control-allow-origin': '*',
  });
  expect(() => new Script(reply.raw.toString())).not.toThrow();
  expect(reply.raw.toString()).not.toContain(key);
});

describe('what a browser says', () => {
  test('of a purchase earns nothing; the shop’s own call with the same number and address takes the browser from it', async () => {
    const reply = await say('purchase', { visitor: VISITOR, email: 'Tom@example.com', order_number: '1' });
    expect(reply).toMatchObject({ status: 200, body: { ok: true } });
    expect(reply.headers).toMatchObject({ 'access-control-allow-origin': ORIGIN, vary: 'Origin' });
    const before = await world.core.db.selectFrom('origins').select('id').execute();
    expect(before).toEqual([]);
    expect(await visitorOfOrder('1', 'tom@example.com')).toBe(VISITOR);
  });

  test('is not taken with another address, nor where two say the same', async () => {
    await say('purchase', { visitor: VISITOR, email: 'eve@example.com', order_number: '2' });
    expect(await visitorOfOrder('2', 'tom@example.com')).toBeNull();
    await say('purchase', { visitor: VISITOR, email: 'tom@example.com', order_number: '3' });
    await say('purchase', { visitor: OTHER, email: 'tom@example.com', order_number: '3' });
    expect(await visitorOfOrder('3', 'tom@example.com')).toBeNull();
  });

  test('is not taken where more orders of an address were named than anybody has', async () => {
    const named = async (email: string, orders: number): Promise<void> => {
      for (let guess = 0; guess < orders; guess++) {
        const visitor = `99999999-2222-4333-8444-5555555555${String(guess).padStart(2, '0')}`;
        const said = await say('purchase', { visitor, email, order_number: `${email} ${guess}` });
        expect(said.status).toBe(200);
      }
    };
    await named('often@example.com', 10);
    expect(await visitorOfOrder('often@example.com 5', 'often@example.com')).not.toBeNull();
    await named('rich@example.com', 11);
    expect(await visitorOfOrder('rich@example.com 5', 'rich@example.com')).toBeNull();
  });

  test('that cannot be kept is refused', async () => {
    const visitor = '77777777-2222-4333-8444-555555555555';
    for (const [email, order_number] of [
      ['a\ud800@example.com', '1'],
      ['a@example.com', 'x\ud800'],
      ['a@example.com', 'x\0'],
    ]) {
      expect((await say('purchase', { visitor, email, order_number })).status).toBe(400);
    }
  });

  test('of who they are counts with the shop’s signature alone', async () => {
    const email = 'anna@example.com';
    const personOf = async () =>
      (
        await world.core.db
          .selectFrom('visitors')
          .select('person_id')
          .where('uuid', '=', OTHER)
          .where('site_id', '=', shop.site.test.id)
          .executeTakeFirst()
      )?.person_id;
    await shop.ask('POST', '/origins/affiliate_member', { data: { email } });
    const wrong = { visitor: OTHER, email, identifier_hash: signed('eve@example.com') };
    expect((await say('identify', wrong)).body).toEqual({ ok: true, identified: false });
    expect((await say('identify', { visitor: OTHER, email })).body).toEqual({ ok: true, identified: false });
    expect(await personOf()).toBeNull();
    const right = { visitor: OTHER, email: 'Anna@Example.com', identifier_hash: signed(email) };
    expect((await say('identify', right)).body).toEqual({ ok: true, identified: true });
    expect(await personOf()).toEqual(expect.any(Number));
  });

  test('of somebody new counts as soon as they come', async () => {
    const [email, visitor] = ['newcomer@example.com', '3c1f9a44-0d7e-4a5c-9b56-7d1f0f6a9e33'];
    const { code } = await advocateOf(shop, 'before-them@example.com');
    const came = await arrivesBy(code, visitor);
    expect(came).toEqual({ ok: true, arrived: true });
    expect((await say('identify', { visitor, email, identifier_hash: signed(email) })).body).toEqual({
      ...{ ok: true, identified: true },
    });
    await buys(shop, email, 'newcomer-1');
    expect(await referralOf(world, shop, 'newcomer-1')).toMatchObject({ track_method: 'web_cookie' });
  });
});

/** As a friend's browser does: it opens the link, and says on the shop's page that it came by it. */
async function visitBy(code: string, headers: Record<string, string> = {}): Promise<string> {
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
  const came = await world.request('GET', `/r/${code}`, { key: null, headers: { 'user-agent': agent, ...headers } });
  return new URL(String(came.headers['location'])).searchParams.get('st_visit') ?? '';
}

async function arrivesBy(code: string, visitor: string) {
  return (await say('arrive', { visitor, visit: await visitBy(code) })).body;
}

describe('a friend who comes to the shop by a link', () => {
  const [VICTIM, THIEF] = ['7a1c1c52-7a43-4d0b-8f5e-3f5b0c9d2e44', '8b2d1c52-7a43-4d0b-8f5e-3f5b0c9d2e55'];

  test('is known again by the UUID that the shop’s pages have for their browser', async () => {
    const { code, offerId } = await advocateOf(shop, 'by-a-link@example.com');
    expect(await arrivesBy(code, VICTIM)).toEqual({ ok: true, arrived: true });
    await buys(shop, 'by-a-link@friends.example', 'arrived-1', { uuid: VICTIM });
    expect(await referralOf(world, shop, 'arrived-1')).toMatchObject({ track_method: 'cookie', offer_id: offerId });
    const rewards = await shop.ask('GET', `/rewards?visitor_uuid=${VICTIM}`);
    expect((rewards.body['result'] as { rewards: unknown[] }).rewards).toHaveLength(1);
  });

  test('and makes nobody else’s browser theirs: what they bring along is good once, for minutes, and at this shop', async () => {
    const { code } = await advocateOf(shop, 'of-a-thief@example.com');
    const visit = await visitBy(code);
    expect((await say('arrive', { visitor: THIEF, visit })).body).toEqual({ ok: true, arrived: true });
    expect((await say('arrive', { visitor: VICTIM, visit })).body).toEqual({ ok: true, arrived: false });
    const other = await openShop(world, { slug: 'other' });
    const fresh = await visitBy(code);
    expect((await say('arrive', { visitor: VICTIM, visit: fresh }, {}, other.site.test)).body).toMatchObject({
      arrived: false,
    });
    (world.clock as HeldClock).advance(1_800_000);
    expect((await say('arrive', { visitor: VICTIM, visit: fresh })).body).toEqual({ ok: true, arrived: false });
    expect((await say('arrive', { visitor: VICTIM, visit: 'made-up' })).body).toEqual({ ok: true, arrived: false });
    await buys(shop, 'victim@friends.example', 'arrived-2', { uuid: VICTIM });
    expect((await referralOf(world, shop, 'arrived-2'))?.advocate).not.toBe('of-a-thief@example.com');
  });

  test('the script takes it out of the address, and leaves the rest of it as it was', async () => {
    const { raw } = await world.request('GET', '/referrals/t.js', { key: null });
    const run = (address: string, stored: string | null) => {
      const { pathname, search, hash } = new URL(address);
      const kept = new Map(stored === null ? [] : [['sidetone_visitor', stored]]);
      const seen: { address?: string; said: [string, unknown][] } = { said: [] };
      new Script(raw.toString()).runInNewContext({
        ...{ URL, URLSearchParams, window: { crypto: webcrypto }, location: { pathname, search, hash } },
        document: { currentScript: { getAttribute: () => 'site', src: 'https://phone.example/referrals/t.js' } },
        localStorage: {
          getItem: (name: string) => kept.get(name) ?? null,
          setItem: (n: string, v: string) => kept.set(n, v),
        },
        history: { state: null, replaceState: (_state: unknown, _title: string, to: string) => (seen.address = to) },
        fetch: (url: string, { body }: { body: string }) => {
          seen.said.push([new URL(url).pathname, JSON.parse(body)]);
          return Promise.resolve({ json: () => Promise.resolve({ ok: true }) });
        },
      });
      return { ...seen, visitor: kept.get('sidetone_visitor') };
    };
    const came = run('https://shop.example/welcome?a=1%202&st_visit=TOKEN&b=%C3%A9#top', VICTIM);
    expect(came).toEqual({
      ...{ address: '/welcome?a=1%202&b=%C3%A9#top', visitor: VICTIM },
      said: [['/referrals/tag/site/arrive', { visitor: VICTIM, visit: 'TOKEN' }]],
    });
    expect(run('https://shop.example/?st_visit=TOKEN', null).address).toBe('/');
    // A UUID in an address is nothing to it.
    const fixed = run(`https://shop.example/?st_visitor=${THIEF}`, null);
    expect(fixed.visitor).toMatch(/^[0-9a-f-]{36}$/);
    expect(fixed.visitor).not.toBe(THIEF);
    expect(fixed.said).toEqual([]);
  });
});

describe('the page of an advocate', () => {
  const email = 'vera@example.com';
  const share = async (more: Record<string, unknown> = {}) =>
    say('share', { visitor: VISITOR, email, identifier_hash: signed(email), ...more });

  test('is given to whoever the shop vouches for, and to nobody else', async () => {
    const { body } = await share();
    expect(body).toEqual({
      ok: true,
      page: expect.stringMatching(/\/o\/\w{10}\?t=/) as string,
      code: expect.any(String) as string,
    });
    const refused = await share({ identifier_hash: '0'.repeat(64) });
    expect(refused).toMatchObject({ status: 403, body: { ok: false } });
    // What somebody is called, the shop says: it is in letters of the shop, and others see it.
    const named = await share({ first_name: 'Your parcel waits' });
    expect(named).toMatchObject({ status: 400, body: { error_message: 'There is no field "first_name" here.' } });
  });

  test('can be framed by the shop, shows nothing of the advocate, and sends letters for them alone', async () => {
    const { pathname, search } = new URL(String((await share()).body['page']));
    const own = await world.request('GET', pathname + search, { key: null });
    expect(String(own.headers['content-security-policy'])).toMatch(/frame-ancestors https:\/\/shop\.example$/);
    expect(own.raw.toString()).toContain('name="recipients"');
    const plain = await world.request('GET', pathname, { key: null });
    expect(plain.raw.toString()).not.toContain('name="recipients"');
    for (const { raw } of [own, plain]) expect(raw.toString()).not.toMatch(/vera/i);
    expect(plain.raw.toString()).toContain('sms:?&#38;body=');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const post = (path: string, body: string) => world.request('POST', path, { key: null, body, headers: form });
    expect((await post(pathname, 'recipients=tom@example.com')).status).toBe(403);
    expect((await post(`${pathname}?t=99999999999.x`, 'recipients=tom@example.com')).status).toBe(403);
    const sent = await post(pathname + search, 'recipients=tom%40example.com%2Cvera%40example.com');
    expect(sent.raw.toString()).toContain('Sent to 1. Not sent to 1.');
    expect((await post(`${pathname}/shares`, 'channel=facebook')).status).toBe(204);
    expect((await post(`${pathname}/shares`, 'channel=pigeon')).status).toBe(400);
    const shares = await world.core.db.selectFrom('shares').select('channel').orderBy('id').execute();
    expect(shares.map(({ channel }) => channel)).toEqual(['email', 'facebook']);
  });
});

test.each([
  ['a site that is none', 404, () => say('identify', {}, {}, { ...shop.site.test, publicId: 'nothing' })],
  [
    'a page of somebody else',
    403,
    () => say('identify', { visitor: VISITOR, email: 'a@example.com' }, { origin: 'https://evil.example' }),
  ],
  ['no JSON', 400, () => say('identify', undefined)],
  ['a browser that is none', 400, () => say('identify', { visitor: 'me', email: 'a@example.com' })],
  ['no address', 400, () => say('identify', { visitor: VISITOR, email: 'nobody' })],
  ['no number', 400, () => say('purchase', { visitor: VISITOR, email: 'a@example.com' })],
])('%s is refused', async (_what, status, ask) => {
  const reply = await ask();
  expect(reply.status).toBe(status);
  expect(reply.body).toEqual({ ok: false, error_message: expect.any(String) as string });
  expect(reply.headers['access-control-allow-origin'] ?? ORIGIN).toBe(ORIGIN);
});

test('one browser says only so much in a minute', async () => {
  const visitor = '11111111-2222-4333-8444-555555555555';
  const statuses = new Set<number>();
  for (let said = 0; said < 61; said++)
    statuses.add((await say('identify', { visitor, email: 'a@example.com' })).status);
  expect([...statuses]).toEqual([200, 429]);
});
