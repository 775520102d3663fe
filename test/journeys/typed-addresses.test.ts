/** Anybody can type anybody's address at a link: what that earns, and what confirms it. */
import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HeldClock } from '../held-clock.js';
import { advocateOf, buys, comes, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

const DAY_MS = 86_400_000;
const AWAY = '198.51.100.200';
const ADVOCATE = 'the-advocate@ours.example';
const GATED = { emailGating: true, approvalDelay: 10, convertsBy: ['purchase', 'event:lead'] };

let world: World;
let shop: Shop;
let offer: { code: string; offerId: number };
let last = 0;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world, { campaign: GATED });
  offer = await advocateOf(shop, ADVOCATE);
});
afterAll(() => world.close());

interface Typed {
  email: string;
  order: string;
  ip: string;
  coupon: string | undefined;
  /** Of the page that they go to next. */
  visit: string | null;
  /** By which the browser is known. */
  cookie: string;
}

/** Somebody types an address at the advocate's link, wherever they are. */
async function typed(
  email = `somebody-${++last * 7919}@theirs.example`,
  code = offer.code,
  cookie = '',
): Promise<Typed> {
  const ip = `203.0.113.${(++last % 250) + 1}`;
  const { status, raw, headers } = await world.request('POST', `/r/${code}`, {
    ...{ key: null, from: ip, body: new URLSearchParams({ email }).toString() },
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Mozilla/5.0 Firefox/140.0', cookie },
  });
  expect(status).toBe(200);
  const page = raw.toString().replaceAll('&#38;', '&');
  const link = new URL(/id="shop"[^>]*href="([^"]+)"/.exec(page)?.[1] ?? '');
  const coupon = link.searchParams.get('coupon') ?? undefined;
  const known = String(headers['set-cookie'] ?? cookie).split(';', 1)[0] ?? '';
  return { email, order: `order-${last}`, ip, coupon, visit: link.searchParams.get('st_visit'), cookie: known };
}

/** What the tag says from a page of the shop. */
async function tagSays(what: string, said: Record<string, unknown>): Promise<unknown> {
  const { body } = await world.request('POST', `/referrals/tag/${shop.site.test.publicId}/${what}`, {
    ...{ key: null, body: JSON.stringify(said) },
    headers: { 'content-type': 'text/plain', origin: 'https://shop.example' },
  });
  return body;
}

async function statusOf(order: string, at = shop): Promise<string | undefined> {
  return (await referralOf(world, at, order))?.status;
}

async function findingOf(order: string) {
  return (await referralOf(world, shop, order))?.fraud.find(({ check }) => check === 'unconfirmed_claim');
}

/** Until whatever is decided by time alone is. */
function untilApprovalsAreOver(): Promise<void> {
  return world.run(15_000);
}

test('an advocate who names a stranger is rewarded for nothing by time alone', async () => {
  const own = await openShop(world, { slug: 'named', campaign: GATED });
  const { code } = await advocateOf(own, ADVOCATE);
  const { email, order } = await typed('a-stranger@theirs.example', code);
  expect((await buys(own, email, order, { uuid: randomUUID(), ip_address: AWAY })).status).toBe(201);
  expect((await buys(own, email, `${order}-again`)).status).toBe(201);
  await untilApprovalsAreOver();
  for (const number of [order, `${order}-again`]) {
    const referral = await referralOf(world, own, number);
    expect(referral).toMatchObject({ status: 'flagged', decided_by: null, decides_at: null });
    const finding = referral?.fraud.find(({ check }) => check === 'unconfirmed_claim');
    expect(finding).toMatchObject({ outcome: 'flag', matched: true });
    expect(finding?.evidence).toMatch(/^Nothing confirms what was typed at click \d+\.$/);
  }
  expect((await own.ask('GET', `/people/${ADVOCATE}/rewards`)).body).toMatchObject({ result: { rewards: [] } });
  // Somebody knows that it is so: from then on it is.
  const decided = await own.ask('PUT', `/origins/${order}/referral`, { data: { status: 'approved' } });
  expect(decided.body).toMatchObject({ result: { referral: { status: 'approved', ad_rewarded: true } } });
  await buys(own, email, `${order}-third`);
  expect(await statusOf(`${order}-third`, own)).toBe('pending');
});

test.each([
  ['approved', 'flagged'],
  ['voided', 'voided'],
] as const)('also where whatever is flagged becomes %s by itself: it is %s then', async (becomes, status) => {
  const campaign = { ...GATED, flagged: { delay: 10, becomes } };
  const own = await openShop(world, { slug: `becomes-${becomes}`, campaign });
  const { code, offerId } = await advocateOf(own, ADVOCATE);
  const { email, order } = await typed(undefined, code);
  await buys(own, email, order, { ip_address: AWAY });
  // Something else that is flagged beside it is decided as the campaign says.
  const visitor = randomUUID();
  await comes(world, own, offerId, { visitor });
  await buys(own, 'the-advocate@theirs.example', `${order}-similar`, { uuid: visitor });
  expect([await statusOf(order, own), await statusOf(`${order}-similar`, own)]).toEqual(['flagged', 'flagged']);
  await untilApprovalsAreOver();
  expect(await referralOf(world, own, order)).toMatchObject({ status, decides_at: null });
  expect(await statusOf(`${order}-similar`, own)).toBe(becomes);
});

describe('what is typed is confirmed', () => {
  const WAYS: [what: string, said: (friend: Typed) => Promise<Record<string, unknown>>][] = [
    ['the code that was given for it', async ({ coupon }) => ({ coupon_codes: coupon, ip_address: AWAY })],
    ['the same address, an hour later or more', async ({ ip }) => ({ ip_address: ip })],
    [
      'the same browser',
      async ({ visit }) => {
        const visitor = randomUUID();
        expect(await tagSays('arrive', { visitor, visit })).toEqual({ ok: true, arrived: true });
        return { uuid: visitor, ip_address: AWAY };
      },
    ],
  ];

  test.each(WAYS)('by %s: pending, and approved in time', async (_what, said) => {
    const friend = await typed();
    const from = await said(friend);
    (world.clock as HeldClock).advance(DAY_MS);
    expect((await buys(shop, friend.email, friend.order, from)).status).toBe(201);
    expect(await findingOf(friend.order)).toEqual({
      ...{ check: 'unconfirmed_claim', outcome: 'pass', matched: false, evidence: null },
    });
    expect(await statusOf(friend.order)).toBe('pending');
    // What they buy next rests on the same click, wherever they are by then.
    await buys(shop, friend.email, `${friend.order}-again`, { ip_address: AWAY });
    expect(await referralOf(world, shop, `${friend.order}-again`)).toMatchObject({
      ...{ status: 'pending', track_method: 'sticky_advocate' },
    });
    await untilApprovalsAreOver();
    expect(await statusOf(friend.order)).toBe('approved');
  });

  test('by another of the same network of IPv6', async () => {
    const friend = await typed();
    await world.core.db
      .updateTable('offer_claims')
      .set({ ip: '2001:db8:1:2::1' })
      .where('ip', '=', friend.ip)
      .where('offer_id', '=', offer.offerId)
      .execute();
    await buys(shop, friend.email, friend.order, { ip_address: '2001:db8:1:2:3:4:5:6' });
    expect(await statusOf(friend.order)).toBe('pending');
  });

  test('by the shop’s own server, which said so itself', async () => {
    const names = { advocate_email: ADVOCATE, friend_email: 'told-by-the-server@theirs.example' };
    expect((await shop.ask('POST', '/offer_claims', names)).status).toBe(200);
    await buys(shop, names.friend_email, 'told-by-the-server', { ip_address: AWAY });
    expect(await referralOf(world, shop, 'told-by-the-server')).toMatchObject({
      ...{ status: 'pending', track_method: 'gated_email' },
    });
  });
});

test('whoever brought a friend is not rewarded for the next purchase by typing their address once more', async () => {
  const friend = await typed();
  await buys(shop, friend.email, friend.order, { coupon_codes: friend.coupon });
  (world.clock as HeldClock).advance(31 * DAY_MS);
  await typed(friend.email);
  await buys(shop, friend.email, `${friend.order}-again`, { ip_address: AWAY });
  expect(await referralOf(world, shop, `${friend.order}-again`)).toMatchObject({
    ...{ status: 'flagged', track_method: 'sticky_advocate' },
  });
});

describe('an advocate who names somebody takes nothing from whoever brings them', () => {
  const another = async () => {
    const email = `another-advocate-${++last}@elsewhere${last}.example`;
    return { email, ...(await advocateOf(shop, email)) };
  };

  test('when they were named first, and bought', async () => {
    const [friend, brings, visitor] = [await typed(), await another(), randomUUID()];
    await buys(shop, friend.email, friend.order, { ip_address: AWAY });
    expect(await referralOf(world, shop, friend.order)).toMatchObject({ status: 'flagged', advocate: ADVOCATE });
    await comes(world, shop, brings.offerId, { visitor });
    await buys(shop, friend.email, `${friend.order}-again`, { uuid: visitor });
    expect(await referralOf(world, shop, `${friend.order}-again`)).toMatchObject({
      ...{ status: 'pending', track_method: 'cookie', advocate: brings.email },
    });
  });

  test('whom the shop names itself', async () => {
    const [friend, brings] = [await typed(), await another()];
    const names = { advocate_email: brings.email, friend_email: friend.email };
    expect((await shop.ask('POST', '/offer_claims', names)).status).toBe(200);
    await typed(friend.email);
    await buys(shop, friend.email, friend.order, { ip_address: AWAY });
    expect(await referralOf(world, shop, friend.order)).toMatchObject({
      ...{ status: 'pending', track_method: 'gated_email', advocate: brings.email },
    });
  });

  test('who wrote them a letter', async () => {
    const [friend, brings] = [await typed(), await another()];
    const recipients = friend.email;
    expect((await shop.ask('POST', `/offers/${brings.code}/shares/email`, { recipients })).status).toBe(200);
    await world.settle();
    await typed(friend.email);
    await buys(shop, friend.email, friend.order, { ip_address: AWAY });
    expect(await referralOf(world, shop, friend.order)).toMatchObject({
      ...{ status: 'pending', track_method: 'share_email', advocate: brings.email },
    });
  });

  test('by something that counts for less than what is typed', async () => {
    const [friend, brings, ip] = [await typed(), await another(), '198.51.100.77'];
    await comes(world, shop, brings.offerId, { ip });
    await buys(shop, friend.email, friend.order, { ip_address: ip });
    expect(await referralOf(world, shop, friend.order)).toMatchObject({
      ...{ status: 'pending', track_method: 'ip_address', advocate: brings.email },
    });
  });
});

test('nor is whoever honestly brings somebody held for having been named by them', async () => {
  const [one, other, visitor] = ['one-of-two@first.example', 'quite-different@second.example', randomUUID()];
  const honest = await advocateOf(shop, one);
  await typed(one, (await advocateOf(shop, other)).code);
  await buys(shop, one, 'named-by-other', { ip_address: AWAY });
  expect(await referralOf(world, shop, 'named-by-other')).toMatchObject({ status: 'flagged', advocate: other });
  await comes(world, shop, honest.offerId, { visitor });
  await buys(shop, other, 'brought-by-one', { uuid: visitor });
  expect(await referralOf(world, shop, 'brought-by-one')).toMatchObject({ status: 'pending', advocate: one });
});

test('nor is anybody for what follows from an event that nothing confirms', async () => {
  const { email, order } = await typed();
  (world.clock as HeldClock).advance(20 * DAY_MS);
  const data = { email, event_category: 'lead', event_number: order, subtotal: 0, ip_address: AWAY };
  expect((await shop.ask('POST', '/origins/event', { data })).status).toBe(201);
  expect(await statusOf(order)).toBe('flagged');
  (world.clock as HeldClock).advance(15 * DAY_MS);
  await buys(shop, email, `${order}-bought`);
  expect(await referralOf(world, shop, `${order}-bought`)).toMatchObject({
    ...{ track_method: 'event_chain', status: 'flagged' },
  });
});

test('nor for somebody who has the telephone of whose address was typed', async () => {
  const phone_number = '+12025550143';
  const { email, order } = await typed();
  await shop.ask('PUT', `/people/${email}`, { data: { phone_number } });
  await buys(shop, 'of-the-same-house@theirs.example', order, { phone_number, ip_address: AWAY });
  expect(await referralOf(world, shop, order)).toMatchObject({ track_method: 'phone_number', status: 'flagged' });
});

test('in a browser that the shop knows as the advocate’s, typing an address gives no code', async () => {
  const [friend, visitor] = [await typed(), randomUUID()];
  expect(friend.coupon).toBeDefined();
  expect(await tagSays('arrive', { visitor, visit: friend.visit })).toEqual({ ok: true, arrived: true });
  expect((await typed(undefined, offer.code, friend.cookie)).coupon).toBeDefined();
  const identifier_hash = createHmac('sha256', shop.securityKeys.test).update(ADVOCATE).digest('hex');
  const identity = { visitor, email: ADVOCATE, identifier_hash };
  expect(await tagSays('identify', identity)).toEqual({ ok: true, identified: true });
  const made = await typed('made-up@theirs.example', offer.code, friend.cookie);
  expect(made.coupon).toBeUndefined();
  // What the shop says of its people itself is another matter.
  const names = { advocate_email: ADVOCATE, friend_email: 'made-up@theirs.example' };
  const { body } = await shop.ask('POST', '/offer_claims', names);
  expect(body).toMatchObject({ result: { friend_reward: { coupon_code: expect.any(String) as string } } });
});

test('in test mode, where letters go to nobody, the page shows the link of the one that asks', async () => {
  const send = (path: string, form: Record<string, string> = {}) =>
    world.request('POST', path, {
      ...{ key: null, body: new URLSearchParams(form).toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Mozilla/5.0 Firefox/140.0' },
    });
  const email = 'keen@theirs.example';
  const page = await send(`/r/${offer.code}`, { email, letters: 'yes' });
  const link = new URL(/id="letter" href="([^"]+)"/.exec(page.raw.toString())?.[1] ?? '');
  expect((await send(link.pathname + link.search)).status).toBe(200);
  const { body } = await shop.ask('GET', `/people/${email}`);
  expect(body).toMatchObject({ result: { person: { opted_in_at: expect.any(String) as string } } });
});

test.each([
  ['pass', 'pending', true],
  ['block', 'blocked', true],
  ['skip', 'pending', false],
] as const)('a shop may think of it as it likes: %s', async (outcome, status, matched) => {
  const own = await openShop(world, { slug: `set-${outcome}`, campaign: GATED });
  const settings = { fraud: { unconfirmed_claim: outcome } };
  expect((await own.ask('PUT', '/manage/site', { settings })).status).toBe(200);
  const { code } = await advocateOf(own, ADVOCATE);
  const { email, order } = await typed(undefined, code);
  await buys(own, email, order, { ip_address: AWAY });
  const referral = await referralOf(world, own, order);
  expect(referral?.status).toBe(status);
  expect(referral?.fraud.find(({ check }) => check === 'unconfirmed_claim')).toMatchObject({ outcome, matched });
});

test('a friend of whom nothing was typed is not asked for more', async () => {
  const visitor = randomUUID();
  await comes(world, shop, offer.offerId, { visitor });
  await buys(shop, 'only-seen@theirs.example', 'only-seen', { uuid: visitor, ip_address: AWAY });
  expect(await statusOf('only-seen')).toBe('pending');
});

test('who looked on the way and typed at home counts as at home', async () => {
  const looked = await world.request('GET', `/r/${offer.code}`, {
    ...{ key: null, from: AWAY, headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0' } },
  });
  const cookie = String(looked.headers['set-cookie']).split(';', 1)[0] ?? '';
  const { email, order, ip } = await typed(undefined, offer.code, cookie);
  await buys(shop, email, order, { ip_address: ip });
  expect(await statusOf(order)).toBe('pending');
});

test('who returned what they bought with their code, and orders it again, was brought all the same', async () => {
  const { email, order, coupon } = await typed();
  await buys(shop, email, order, { coupon_codes: [coupon] });
  expect(await statusOf(order)).toBe('pending');
  expect((await shop.ask('POST', `/origins/${order}/refund`, {})).status).toBe(200);
  await buys(shop, email, `${order}-again`, { coupon_codes: [coupon] });
  expect(await statusOf(`${order}-again`)).toBe('pending');
  // A name that nothing confirmed is confirmed by no return.
  const named = await typed();
  await buys(shop, named.email, named.order);
  await shop.ask('POST', `/origins/${named.order}/refund`, {});
  await buys(shop, named.email, `${named.order}-again`);
  expect(await statusOf(`${named.order}-again`)).toBe('flagged');
});
