import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buys, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
let world: World;
let shop: Shop;
let gated: Shop;
let code: string;
let gatedCode: string;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  gated = await openShop(world, { slug: 'gated', campaign: { emailGating: true } });
  code = await join(shop, { email: 'anna@example.com', first_name: 'Anna' });
  gatedCode = await join(gated, { email: 'anna@example.com', first_name: '<b>Anna</b>' });
});
afterAll(() => world.close());

async function join(at: Shop, data: Record<string, unknown>): Promise<string> {
  const { status, body } = await at.ask('POST', '/origins/affiliate_member', { data });
  expect(status).toBe(201);
  return (body['result'] as { offer: { short_url_code: string } }).offer.short_url_code;
}

function look(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  return world.request(method, path, { key: null, headers: { 'user-agent': BROWSER, ...headers } });
}

function send(
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
  from?: string,
): Promise<Reply> {
  return world.request('POST', path, {
    ...{ key: null, ...(from === undefined ? {} : { from }) },
    body: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER, ...headers },
  });
}

function cookieOf({ headers }: Reply): string {
  return String(headers['set-cookie']).split(';')[0] ?? '';
}

function couponOn({ raw }: Reply): string | undefined {
  return /<code class="coupon" id="coupon">(\w+)</.exec(raw.toString())?.[1];
}

async function claims(at: Shop): Promise<{ channel: string; person_id: number | null; visitor: string | null }[]> {
  return world.core.db
    .selectFrom('offer_claims')
    .select(['channel', 'person_id', 'visitor'])
    .where('site_id', '=', at.site.test.id)
    .orderBy('id')
    .execute();
}

describe('a claim link', () => {
  test('leads to the shop with a coupon of the friend’s own, and knows the browser again', async () => {
    const first = await look(`/r/${code}/facebook`);
    expect(first.status).toBe(302);
    const cookie = cookieOf(first);
    expect(String(first.headers['set-cookie'])).toMatch(
      /^sidetone_[\w-]+=[0-9a-f-]{36}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
    );
    const shopUrl = new URL(String(first.headers['location']));
    expect(`${shopUrl.origin}${shopUrl.pathname}`).toBe('https://shop.example/welcome');
    expect(shopUrl.searchParams.get('coupon')).toMatch(/^FRD/);
    expect(shopUrl.searchParams.get('st_offer')).toBe(code);
    // The shop does not learn by which UUID the browser is known here.
    expect(shopUrl.href).not.toContain(cookie.split('=')[1]);
    const again = await look(`/r/${code}/facebook`, { cookie });
    const couponOf = ({ headers }: Reply) => new URL(String(headers['location'])).searchParams.get('coupon');
    expect(couponOf(again)).toBe(couponOf(first));
    const other = await look(`/r/${code}`);
    expect(couponOf(other)).not.toBe(couponOf(first));
    expect((await claims(shop)).map(({ channel }) => channel)).toEqual(['facebook', 'custom']);
  });

  test.each([
    ['HEAD', BROWSER],
    ['GET', 'facebookexternalhit/1.1'],
    ['GET', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
    ['GET', 'WhatsApp/2.23'],
    ['GET', ''],
  ])('counts no programs: %s by %s', async (method, agent) => {
    const before = await claims(shop);
    const reply = await look(`/r/${code}`, { 'user-agent': agent }, method);
    expect(reply.status).toBe(200);
    expect(reply.headers['set-cookie']).toBeUndefined();
    expect(await claims(shop)).toEqual(before);
  });

  test('counts nobody who looks ahead', async () => {
    const before = await claims(shop);
    expect((await look(`/r/${code}`, { 'sec-purpose': 'prefetch;prerender' })).status).toBe(200);
    expect(await claims(shop)).toEqual(before);
  });

  test.each(['image', 'iframe', 'frame', 'embed', 'object', 'script', 'empty'])(
    'counts nobody whose browser fetches it for another page: %s',
    async (dest) => {
      const fetched = { 'sec-fetch-dest': dest, 'sec-fetch-site': 'cross-site' };
      const before = [await claims(shop), await claims(gated)];
      for (const path of [`/r/${code}`, `/r/${code}/facebook`, `/r/${gatedCode}`]) {
        const reply = await look(path, fetched);
        expect(reply.status).toBe(200);
        expect(reply.headers['set-cookie']).toBeUndefined();
        expect(reply.raw.toString()).toContain('See the offer');
      }
      expect([await claims(shop), await claims(gated)]).toEqual(before);
    },
  );

  test('counts no forms that are sent in a frame', async () => {
    const sent = { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'same-origin' };
    const before = [await claims(shop), await claims(gated)];
    for (const path of [`/r/${code}`, `/r/${gatedCode}`]) {
      const reply = await send(path, { email: 'in-a-frame@example.com' }, sent);
      expect(reply.status).toBe(200);
      expect(reply.raw.toString()).toContain('See the offer');
    }
    expect([await claims(shop), await claims(gated)]).toEqual(before);
  });

  test('counts whoever goes there', async () => {
    const went = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' };
    expect((await look(`/r/${code}`, went)).status).toBe(302);
    expect((await look(`/o/${code}`, { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });

  test('that is nobody’s, or over, says so', async () => {
    const unknown = await look('/r/nothing');
    expect(unknown.status).toBe(404);
    expect(unknown.raw.toString()).toContain('There is no such offer');
    expect((await look('/s/nothing')).status).toBe(404);
    const ended = await openShop(world, { slug: 'ended' });
    const endedCode = await join(ended, { email: 'anna@example.com' });
    await world.core.db
      .updateTable('referral_campaigns')
      .set({ status: 'disabled' })
      .where('site_id', '=', ended.site.test.id)
      .execute();
    const over = await look(`/r/${endedCode}`);
    expect(over.status).toBe(410);
    expect(over.raw.toString()).toContain('This offer is over');
    expect((await send(`/r/${endedCode}`, { email: 'tom@example.com' })).status).toBe(410);
  });

  test('takes no address where nobody is asked for one, and gives one browser one code', async () => {
    const open = await openShop(world, { slug: 'open' });
    const openCode = await join(open, { email: 'anna@example.com' });
    const { body } = await open.ask('POST', `/offers/${openCode}/shares/social`, { channel: 'facebook' });
    const { share } = body['result'] as { share: { short_url: string } };
    for (const path of [`/r/${openCode}`, new URL(share.short_url).pathname]) {
      const form = { email: 'customer@example.com', letters: 'yes' };
      const sent = await send(path, form);
      expect(sent.status).toBe(200);
      const coupon = couponOn(sent);
      expect(coupon).toMatch(/^FRD/);
      const came = await look(path, { cookie: cookieOf(sent) });
      expect(new URL(String(came.headers['location'])).searchParams.get('coupon')).toBe(coupon);
      expect(couponOn(await send(path, form, { cookie: cookieOf(sent) }))).toBe(coupon);
    }
    expect((await claims(open)).map(({ person_id }) => person_id)).toEqual([null, null]);
    expect((await open.ask('GET', '/people/customer@example.com')).status).toBe(404);
    await buys(open, 'customer@example.com', 'by-themselves');
    expect(await referralOf(world, open, 'by-themselves')).toBeUndefined();
    const told = await world.core.db.selectFrom('events').select('data').where('type', '=', 'friend.joined').execute();
    expect(told.filter(({ data }) => data['site'] === 'open')).toEqual([]);
  });

  test('gives one browser one code also where friends were asked before, and are not any more', async () => {
    const asking = await openShop(world, { slug: 'asking', campaign: { emailGating: true } });
    const askingCode = await join(asking, { email: 'anna@example.com' });
    const sent = await send(`/r/${askingCode}`, { email: 'tom@example.com' });
    const [cookie, coupon] = [cookieOf(sent), couponOn(sent)];
    expect((await look(`/r/${askingCode}`, { cookie })).status).toBe(200);
    const friend = { identifier: 'friend', reason: 'referred', type: 'discount_coupon', coupon_list: 'Friends' };
    const incentives = [{ ...friend, amount: 10, description: '$10 off for your friend' }];
    const changed = { name: 'Give 10, get 10', email_gating: false, incentives };
    expect((await asking.ask('PUT', '/manage/campaigns/give-10-get-10', changed)).status).toBe(200);
    const came = await look(`/r/${askingCode}`, { cookie });
    expect(new URL(String(came.headers['location'])).searchParams.get('coupon')).toBe(coupon);
  });

  test('hands out only so many coupons to one address', async () => {
    const busy = await openShop(world, { slug: 'busy' });
    const busyCode = await join(busy, { email: 'anna@example.com' });
    for (let came = 0; came < 20; came++) expect((await look(`/r/${busyCode}`)).status).toBe(302);
    const refused = await look(`/r/${busyCode}`);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
    expect(await claims(busy)).toHaveLength(20);
  });
});

describe('where friends say who they are', () => {
  test('they are asked first, then given their coupon', async () => {
    const asked = await look(`/r/${gatedCode}/twitter`);
    expect(asked.status).toBe(200);
    const text = asked.raw.toString();
    expect(text).toContain('A friend gives you $10');
    expect(text).toContain('name="email"');
    expect(text).not.toContain('FRD');
    expect(text).not.toContain('<b>Anna');
    const cookie = cookieOf(asked);
    const given = await send(`/r/${gatedCode}`, { email: 'Tom@Example.com', channel: 'twitter' }, { cookie });
    expect(given.status).toBe(200);
    const coupon = couponOn(given);
    expect(coupon).toMatch(/^FRD/);
    expect(given.raw.toString()).toContain(`coupon=${coupon}`);
    // The same address, in another browser: anybody can type it in.
    const again = await send(`/r/${gatedCode}`, { email: 'tom@example.com' });
    expect(again.status).toBe(200);
    expect(again.raw.toString()).toContain('There is no new code for this address');
    expect(again.raw.toString()).not.toContain(coupon);
    // Another friend in the same browser.
    const other = await send(`/r/${gatedCode}`, { email: 'eve@example.com' }, { cookie });
    expect(other.raw.toString()).not.toContain(`>${coupon}<`);
    const events = await world.core.db
      .selectFrom('events')
      .select(['data'])
      .where('type', '=', 'friend.joined')
      .where(sql<string>`data ->> 'site'`, '=', 'gated')
      .orderBy('id')
      .execute();
    expect(events.map(({ data }) => (data['person'] as { email: string }).email)).toEqual([
      'tom@example.com',
      'eve@example.com',
    ]);
    expect(events[0]?.data).toMatchObject({ site: 'gated', channel: 'twitter', ip: '127.0.0.1' });
  });

  test('nobody is given their own offer, and no answer says whose it is', async () => {
    const own = await openShop(world, { slug: 'whose', campaign: { emailGating: true } });
    const path = `/r/${await join(own, { email: 'anna@example.com' })}`;
    let networks = 0;
    const answer = async (email: string, cookie?: string) => {
      const headers = cookie === undefined ? {} : { cookie };
      const reply = await send(path, { email, channel: 'twitter' }, headers, `192.0.2.${++networks}`);
      const page = reply.raw.toString();
      return { status: reply.status, page: page.replace(/st_visit=[\w-]+/, ''), length: page.length, reply };
    };
    await answer('tom@example.com');
    const elsewhere = await answer('tom@example.com');
    expect(elsewhere).toMatchObject({ status: 200, page: expect.stringContaining('it has one already, or') as string });
    expect(elsewhere.page).not.toMatch(/coupon=|FRD/);
    // The advocate, by whichever address of their mailbox; and a friend, by another one of theirs.
    for (const email of ['anna@example.com', 'Anna+me@example.com', 'tom+me@example.com']) {
      const { status, page, length } = await answer(email);
      expect({ status, page, length }).toEqual({
        ...{ status: elsewhere.status, page: elsewhere.page, length: elsewhere.length },
      });
    }
    // Nor does how many more may come in their browser.
    for (const email of ['anna@example.com', 'tom@example.com']) {
      const { reply } = await answer(email);
      const statuses: number[] = [];
      for (const name of ['one', 'two', 'three', email]) {
        const { status } = await answer(name.includes('@') ? name : `${name}-after-${email}`, cookieOf(reply));
        statuses.push(status);
      }
      expect(statuses).toEqual([200, 200, 429, 200]);
    }
  });

  test('nor does it where nothing is promised to friends', async () => {
    const own = await openShop(world, { slug: 'nothing', campaign: { emailGating: true, incentives: [] } });
    const path = `/r/${await join(own, { email: 'anna@example.com' })}`;
    const [advocate, friend] = [
      await send(path, { email: 'anna@example.com' }, {}, '192.0.2.101'),
      await send(path, { email: 'tom@example.com' }, {}, '192.0.2.102'),
    ].map(({ status, raw }) => ({ status, page: raw.toString().replace(/st_visit=[\w-]+/, '') }));
    expect(advocate).toEqual(friend);
  });

  test('an advocate whose address somebody typed at their link is no friend of their own', async () => {
    const own = await openShop(world, { slug: 'no-friend', campaign: { emailGating: true } });
    const ownCode = await join(own, { email: 'anna@example.com' });
    const { body } = await own.ask('POST', `/offers/${ownCode}/shares/social`, { channel: 'facebook' });
    const { share } = body['result'] as { share: { short_url: string } };
    await send(new URL(share.short_url).pathname, { email: 'anna@example.com' }, {}, '192.0.2.103');
    await buys(own, 'anna@example.com', 'by-herself');
    expect(await referralOf(world, own, 'by-herself')).toBeUndefined();
    const shown = await own.ask('GET', '/people/anna@example.com/shares_by');
    expect(shown.body).toMatchObject({ result: { shares: [{ friends_count: 0, friend_clicks_count: 1 }] } });
    const { body: summary } = await own.ask('GET', '/people/anna@example.com');
    expect(JSON.stringify(summary)).toContain('"last_invited_by":null');
  });

  test('what is no address comes back as text', async () => {
    const reply = await send(`/r/${gatedCode}`, { email: '"><script>alert(1)</script>' });
    expect(reply.status).toBe(422);
    expect(reply.raw.toString()).toContain('This is no e-mail address.');
    expect(reply.raw.toString()).not.toContain('<script>alert');
  });

  test('pages of others send nothing', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await send(`/r/${gatedCode}`, { email: 'tom@example.com' }, headers)).status).toBe(400);
    expect((await world.request('POST', `/r/${gatedCode}`, { key: null, body: {} })).status).toBe(415);
  });

  test('by a tick alone a letter asks whether they want letters, and nobody agreed to them yet', async () => {
    await send(`/r/${gatedCode}`, { email: 'quiet@example.com' });
    await send(`/r/${gatedCode}`, { email: 'keen@example.com', letters: 'yes' });
    const people = await world.core.db
      .selectFrom('site_people')
      .select(['email', 'opted_in_at'])
      .where('email', 'in', ['quiet@example.com', 'keen@example.com'])
      .orderBy('email')
      .execute();
    expect(people).toEqual([
      { email: 'keen@example.com', opted_in_at: null },
      { email: 'quiet@example.com', opted_in_at: null },
    ]);
    await world.settle();
    // Letters of test mode are handed to nobody.
    const letters = await world.core.db.selectFrom('emails').select(['to_address', 'status', 'mode']).execute();
    expect(letters).toEqual([{ to_address: 'keen@example.com', status: 'sent', mode: 'test' }]);
  });

  test('nothing of the page comes from elsewhere, and nobody frames it', async () => {
    const { headers, raw } = await look(`/r/${gatedCode}`);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; img-src data:; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(raw.toString()).not.toMatch(/(src|href)="https?:/);
  });
});

test('forms may hold what nobody can type', async () => {
  expect((await send(`/r/${gatedCode}`, { email: 'nul\0@example.com' })).status).toBe(200);
  expect((await send(`/r/${gatedCode}`, { email: '\0' })).status).toBe(422);
});

test('a mailbox has one code of an offer, whichever spelling of its address comes first', async () => {
  const from = await openShop(world, { slug: 'spelled', campaign: { emailGating: true } });
  const link = `/r/${await join(from, { email: 'anna@example.com' })}`;
  const coupons: (string | undefined)[] = [];
  for (const email of ['late+1@example.com', 'late@example.com', 'late+2@example.com']) {
    coupons.push(couponOn(await send(link, { email })));
  }
  expect(coupons).toEqual([expect.stringMatching(/^FRD/), undefined, undefined]);
});
