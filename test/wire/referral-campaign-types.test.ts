import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  findReferralCampaign,
  saveReferralCampaign,
  type ReferralCampaignSettings,
} from '#core/referral-campaigns/index.js';
import type { ReferralCampaignKind } from '#core/tables.js';
import { advocateOf, buys, comes } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
const VISITOR = '6f1d3c1e-2a57-4f0e-9d5c-0d2f6a1b7c11';
let world: World;
let orders = 0;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A shop whose one campaign is of this type. */
async function shopOf(kind: ReferralCampaignKind, settings: Partial<ReferralCampaignSettings> = {}): Promise<Shop> {
  const shop = await openShop(world, { slug: kind.replaceAll('_', '-') });
  const special = await addCampaign(shop, 'special', kind, settings);
  await world.core.db
    .updateTable('referral_campaigns')
    .set({ status: 'disabled' })
    .where('id', '=', shop.campaign.test)
    .execute();
  shop.campaign.test = special;
  return shop;
}

/** One more, with the settings of the one that the shop has, but for these. */
async function addCampaign(
  shop: Shop,
  slug: string,
  kind: ReferralCampaignKind,
  settings: Partial<ReferralCampaignSettings> = {},
): Promise<number> {
  const site = shop.site.test;
  const { settings: base } = await findReferralCampaign(world.core, site, shop.campaign.test);
  const saved = await saveReferralCampaign(
    world.core,
    site,
    {
      ...{ slug, name: slug, kind, status: 'live', tags: [], startsAt: null, endsAt: null },
      settings: { ...base, ...settings },
    },
    { actor: 'test', as: 'new' },
  );
  return saved.campaign.id;
}

function say(shop: Shop, what: string, body: Record<string, unknown>): Promise<Reply> {
  return world.request('POST', `/referrals/tag/${shop.site.test.publicId}/${what}`, {
    ...{ key: null, body: JSON.stringify({ visitor: VISITOR, ...body }) },
    headers: { 'content-type': 'text/plain', origin: 'https://shop.example' },
  });
}

function signed(shop: Shop, email: string): { email: string; identifier_hash: string } {
  const hash = createHmac('sha256', shop.securityKeys.test).update(email).digest('hex');
  return { email, identifier_hash: hash };
}

/** What the page of an advocate says, of which the shop said who looks at it. */
async function pageFor(shop: Shop, email: string, more: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await say(shop, 'share', { ...signed(shop, email), ...more });
  expect(status).toBe(200);
  return look(String(body['page']));
}

async function look(url: string): Promise<string> {
  const { pathname, search } = new URL(url, 'http://here.example');
  const reply = await world.request('GET', `${pathname}${search}`, { key: null, headers: { 'user-agent': BROWSER } });
  expect(reply.status).toBe(200);
  return wordsOf(reply);
}

function wordsOf({ raw }: Reply): string {
  const body = raw.toString().replace(/^.*<body>/s, '');
  return body
    .replace(/<script>.*?<\/script>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ');
}

/** So many friends of an advocate buy; each referral is approved, or waits. */
async function brings(shop: Shop, email: string, friends: number, decided: 'approved' | 'pending' = 'approved') {
  const { offerId } = await advocateOf(shop, email);
  for (let friend = 0; friend < friends; friend++) {
    const [order, visitor] = [`order-${++orders}`, `11111111-2222-4333-8444-${String(orders).padStart(12, '0')}`];
    await comes(world, shop, offerId, { visitor });
    expect((await buys(shop, `friend${orders}@example.com`, order, { uuid: visitor })).status).toBe(201);
    if (decided === 'pending') continue;
    const done = await shop.ask('PUT', `/origins/${order}/referral`, { data: { status: 'approved' } });
    expect(done.status).toBe(200);
  }
}

describe('advocate_dashboard', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await shopOf('advocate_dashboard');
    await brings(shop, 'anna@example.com', 1);
    await brings(shop, 'anna@example.com', 2, 'pending');
  });

  test('shows the advocate what became of their offer, and their codes', async () => {
    const page = await pageFor(shop, 'anna@example.com');
    expect(page).toContain('3 friends came by your link. 1 purchase was approved, and 2 are being looked at.');
    expect(page).toMatch(/\$10 off for you ADV\w+/);
  });

  test('marks a code that was used', async () => {
    const { body } = await shop.ask('GET', '/people/anna@example.com/rewards');
    const { rewards } = body['result'] as { rewards: { coupon_code: string }[] };
    const code = rewards[0]?.coupon_code ?? '';
    expect((await buys(shop, 'anna@example.com', 'of-anna', { coupon_codes: [code] })).status).toBe(201);
    expect(await pageFor(shop, 'anna@example.com')).toContain(`${code} used`);
  });

  test('shows nothing of it to whoever has the link alone', async () => {
    const { code } = await advocateOf(shop, 'anna@example.com');
    const page = await look(`/o/${code}`);
    expect(page).not.toContain('came by your link');
    expect(page).not.toContain('ADV');
  });

  test('counts no advocate who looks at their own link', async () => {
    const { offerId } = await advocateOf(shop, 'anna@example.com');
    const { id } = await world.core.db
      .selectFrom('site_people')
      .select('id')
      .where('site_id', '=', shop.site.test.id)
      .where('email', '=', 'anna@example.com')
      .executeTakeFirstOrThrow();
    await comes(world, shop, offerId, { visitor: VISITOR, person_id: id });
    expect(await pageFor(shop, 'anna@example.com')).toContain('3 friends came by your link.');
  });

  test('says so where nobody came yet', async () => {
    expect(await pageFor(shop, 'new@example.com')).toContain('Nobody came by your link yet.');
  });
});

describe('tiered_rewards', () => {
  test('shows what is given from which referral on, and which are reached', async () => {
    const incentive = (identifier: string, description: string, criteria: object) => ({
      ...{ identifier, reason: 'referrer' as const, kind: 'other' as const, description, criteria },
    });
    const shop = await shopOf('tiered_rewards', {
      incentives: [
        incentive('silver', 'A <silver> cup', { referralsMin: 2, referralsMax: 2 }),
        incentive('bronze', 'A bronze cup', { referralsMin: 1, referralsMax: 1 }),
        incentive('each', 'A sticker', { referralsDivisibleBy: 3 }),
      ],
    });
    await brings(shop, 'anna@example.com', 1);
    const page = await pageFor(shop, 'anna@example.com');
    expect(page).toMatch(
      /1 purchase of your friends so far\. 1 purchase: A bronze cup \(reached\) 2 purchases: A &#60;silver&#62; cup \(1 to go\) 3 purchases: A sticker \(2 to go, and again after that\)/,
    );
  });
});

test('what is shown of an offer that is over is what became of it, to whoever the shop vouches for', async () => {
  const shop = await openShop(world, { slug: 'over' });
  await addCampaign(shop, 'ending', 'advocate_dashboard', { advocateDeadlineDays: 5, friendDeadlineDays: 5 });
  const { body } = await say(shop, 'share', { ...signed(shop, 'anna@example.com'), campaign: 'ending' });
  const { pathname, search } = new URL(String(body['page']));
  const shown = (path: string) => world.request('GET', path, { key: null, headers: { 'user-agent': BROWSER } });
  expect((await shown(pathname)).status).toBe(200);
  // Friends have five days more.
  await world.core.db
    .updateTable('offers')
    .set({ expires_at: new Date(world.clock.now() + 4 * 86_400_000) })
    .where('code', '=', String(body['code']))
    .execute();
  const own = await shown(`${pathname}${search}`);
  expect(own.status).toBe(410);
  expect(wordsOf(own)).toContain('It cannot be passed on any more. Your friends Nobody came by your link yet.');
  expect(wordsOf(await shown(pathname))).not.toContain('Your friends');
  expect((await shown(`/r/${String(body['code'])}`)).status).toBe(302);
});

describe('leaderboard', () => {
  test('shows the ten who brought most, by first name and initial, and one’s own place', async () => {
    const shop = await shopOf('leaderboard');
    await advocateOf(shop, 'anna@example.com', { first_name: 'Anna', last_name: 'Berg' });
    await brings(shop, 'anna@example.com', 2);
    await advocateOf(shop, 'bob@example.com', { first_name: '<i>Bob</i>' });
    await brings(shop, 'bob@example.com', 3);
    await brings(shop, 'cleo@example.com', 1);
    await brings(shop, 'dora@example.com', 2, 'pending');
    // Somebody who buys again is one friend.
    const again = { uuid: `11111111-2222-4333-8444-${String(orders - 2).padStart(12, '0')}` };
    await buys(shop, `friend${orders - 2}@example.com`, 'again', again);
    await shop.ask('PUT', '/origins/again/referral', { data: { status: 'approved' } });
    const page = await pageFor(shop, 'anna@example.com');
    expect(page).toMatch(/1\. Somebody 3 2\. You 2 3\. Somebody 1/);
    expect(page).not.toMatch(/Berg|Bob/);
    expect(await pageFor(shop, 'bob@example.com')).toContain('2. Anna B. 2');
    expect(await pageFor(shop, 'dora@example.com')).toContain('You are not among them yet.');
    const { code } = await advocateOf(shop, 'anna@example.com');
    expect(await look(`/o/${code}`)).not.toContain('Anna B.');
  });
});

describe('reward_gleam', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await openShop(world, { slug: 'gleaming' });
    await brings(shop, 'anna@example.com', 1);
    await world.settle();
  });

  test('says nothing where no such campaign is live', async () => {
    const reply = await say(shop, 'gleam', signed(shop, 'anna@example.com'));
    expect(reply).toMatchObject({ status: 200, body: { ok: true, headline: null, rewards: [] } });
  });

  test('tells whoever the shop vouches for of the codes that wait for them, until they are used', async () => {
    const { texts } = (await findReferralCampaign(world.core, shop.site.test, shop.campaign.test)).settings;
    await addCampaign(shop, 'gleam', 'reward_gleam', {
      ...{ incentives: [], texts: { ...texts, headline: 'Yours at {site}' } },
    });
    const told = await say(shop, 'gleam', signed(shop, 'anna@example.com'));
    expect(told.body).toEqual({
      ...{ ok: true, headline: 'Yours at The Shop' },
      rewards: [
        { description: '$10 off for you', coupon_code: expect.stringMatching(/^ADV/) as string, expires_at: null },
      ],
    });
    const forged = await say(shop, 'gleam', { email: 'anna@example.com', identifier_hash: '0'.repeat(64) });
    expect(forged.status).toBe(403);
    const nobody = await say(shop, 'gleam', signed(shop, 'nobody@example.com'));
    expect(nobody.body).toMatchObject({ ok: true, rewards: [] });
    const [{ coupon_code: code = '' } = {}] = told.body['rewards'] as { coupon_code?: string }[];
    await buys(shop, 'anna@example.com', 'with-code', { coupon_codes: [code] });
    expect((await say(shop, 'gleam', signed(shop, 'anna@example.com'))).body).toMatchObject({ rewards: [] });
  });

  test('tells nobody of a code that somebody was given who typed their address', async () => {
    const gated = await openShop(world, { slug: 'gleaming-gated', campaign: { emailGating: true } });
    await addCampaign(gated, 'gleam', 'reward_gleam', { incentives: [], emailGating: false });
    const { code } = await advocateOf(gated, 'anna@example.com');
    const victim = 'victim@example.com';
    expect((await gated.ask('PUT', `/people/${victim}`, { data: { first_name: 'Vic' } })).status).toBe(200);
    const typed = await world.request('POST', `/r/${code}`, {
      ...{ key: null, body: `email=${encodeURIComponent(victim)}` },
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER },
    });
    expect(wordsOf(typed)).toContain('FRD');
    expect((await say(gated, 'gleam', signed(gated, victim))).body).toMatchObject({ ok: true, rewards: [] });
    const visit = /st_visit=([^&"]+)/.exec(typed.raw.toString().replaceAll('&#38;', '&'))?.[1] ?? '';
    const arrived = await say(gated, 'arrive', { visit: decodeURIComponent(visit) });
    expect(arrived.body).toEqual({ ok: true, arrived: true });
    expect((await say(gated, 'gleam', signed(gated, victim))).body).toMatchObject({
      rewards: [{ coupon_code: expect.stringMatching(/^FRD/) as string }],
    });
  });

  test('makes no offers', async () => {
    const { body } = await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'only@example.com' } });
    const { offer } = body['result'] as { offer: { campaign?: { type?: string } } };
    expect(JSON.stringify(offer)).not.toContain('reward_gleam');
    const made = await world.core.db
      .selectFrom('offers')
      .innerJoin('referral_campaigns', 'referral_campaigns.id', 'offers.campaign_id')
      .select('offers.id')
      .where('referral_campaigns.kind', '=', 'reward_gleam')
      .execute();
    expect(made).toEqual([]);
  });
});

describe('claim_by_name', () => {
  let shop: Shop;
  let page: string;

  beforeAll(async () => {
    shop = await shopOf('claim_by_name');
    page = `/n/${shop.site.test.publicId}`;
    await advocateOf(shop, 'anna@example.com', { first_name: 'Anna', last_name: 'Berg' });
    await advocateOf(shop, 'emile@example.com', { first_name: ' E\u0301mile ', last_name: 'O’Zola  Roy' });
    await advocateOf(shop, 'tom@example.com', { first_name: 'Tom', last_name: 'Day' });
    await advocateOf(shop, 'tom2@example.com', { first_name: 'Tom', last_name: 'Day' });
  });

  function send(form: Record<string, string>, path = page): Promise<Reply> {
    return world.request('POST', path, {
      key: null,
      body: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER },
    });
  }

  test('a friend names who sent them, and comes by their offer', async () => {
    expect(await look(page)).toContain('Who sent you to The Shop?');
    const found = await send({ first_name: ' anna ', last_name: 'BERG' });
    const { code } = await advocateOf(shop, 'anna@example.com');
    expect(found.status).toBe(200);
    expect(found.raw.toString()).toContain(`<a class="button" href="/r/${code}/other">`);
    const came = await world.request('GET', `/r/${code}/other`, { key: null, headers: { 'user-agent': BROWSER } });
    expect(came).toMatchObject({ status: 302 });
  });

  test('however the name is written, and as long as the shop says that it is theirs', async () => {
    const named = async (first_name: string, last_name: string) => (await send({ first_name, last_name })).status;
    expect(await named('émile', "o'zola roy")).toBe(200);
    expect(await named('ÉMILE', 'O’ZOLA ROY')).toBe(200);
    await shop.ask('PUT', '/people/emile@example.com', { data: { last_name: 'Berger' } });
    expect(await named('Émile', 'O’Zola Roy')).toBe(422);
    expect(await named('Émile', 'Berger')).toBe(200);
    await advocateOf(shop, 'emile@example.com', { first_name: 'Emil' });
    expect(await named('Émile', 'Berger')).toBe(422);
    expect(await named('emil', 'berger')).toBe(200);
    await shop.ask('POST', '/people/emile@example.com/anonymize');
    expect(await named('emil', 'berger')).toBe(422);
    expect(await named('\ufdfa'.repeat(255), '\ufdfa'.repeat(255))).toBe(422);
  });

  test.each([
    ['nobody of that name', { first_name: 'Eve', last_name: 'Berg' }, 'We found nobody of that name.'],
    ['two of that name', { first_name: 'Tom', last_name: 'Day' }, 'More than one person has that name'],
    ['a name with NUL', { first_name: '\0Eve', last_name: '\0' }, 'Both names are needed.'],
    ['no name', { first_name: '', last_name: ' ' }, 'Both names are needed.'],
    ['a name that is code', { first_name: '<script>', last_name: "'; drop" }, 'We found nobody of that name.'],
  ])('says so of %s', async (_what, form, sentence) => {
    const reply = await send(form);
    expect(reply.status).toBe(422);
    expect(wordsOf(reply)).toContain(sentence);
    expect(reply.raw.toString()).not.toContain('<script>alert');
  });

  test('is not there where the shop has no such campaign, nor at a site that is none', async () => {
    const other = await openShop(world, { slug: 'by-link-only' });
    await advocateOf(other, 'anna@example.com', { first_name: 'Anna', last_name: 'Berg' });
    const path = `/n/${other.site.test.publicId}`;
    expect((await send({ first_name: 'Anna', last_name: 'Berg' }, path)).status).toBe(404);
    expect((await world.request('GET', path, { key: null })).status).toBe(404);
    expect((await world.request('GET', '/n/nothing', { key: null })).status).toBe(404);
  });
});

describe('the tag', () => {
  test('shows the page of the campaign that it names, of those that the person has joined', async () => {
    const shop = await openShop(world, { slug: 'several' });
    await addCampaign(shop, 'dashboard', 'advocate_dashboard');
    expect(await pageFor(shop, 'anna@example.com', { campaign: 'dashboard' })).toContain(
      'Nobody came by your link yet.',
    );
    expect(await pageFor(shop, 'anna@example.com')).not.toContain('Nobody came');
    const unknown = await say(shop, 'share', { ...signed(shop, 'anna@example.com'), campaign: 'nothing' });
    expect(unknown).toMatchObject({ status: 200, body: { ok: true, page: null, code: null } });
  });
});
