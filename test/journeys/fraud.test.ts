/** Each check that looks for fraud: what it finds, and what follows from it. */
import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advocateOf, buys, comes, referralOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
let last = 0;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
});
afterAll(() => world.close());

const HOME = { shipping_address: '1 Main Street, Springfield', shipping_zip: '12345' };
const IP = { ip_address: '203.0.113.9' };

interface Case {
  advocate?: string;
  friend?: string;
  /** What the advocate's own purchase says, and the friend's. */
  bought?: Record<string, unknown>;
  buys?: Record<string, unknown>;
  said?: Record<string, unknown>;
}

const CASES: readonly [check: string, status: string, Case][] = [
  ['self_referral', 'blocked', { advocate: 'one.person@gmail.com', friend: 'oneperson+shop@googlemail.com' }],
  ['similar_email', 'flagged', { advocate: 'samantha1@mail.example', friend: 'samantha2@mail.example' }],
  ['similar_email', 'flagged', { advocate: 'bartholomew@mail.example', friend: 'bartholomew@post.example' }],
  ['shipping_address', 'flagged', { bought: HOME, buys: { ...HOME, shipping_address: '1 main st. Springfield' } }],
  ['ip', 'pending', { bought: IP, buys: IP }],
  ['phone', 'blocked', { said: { phone_number: '+12025550177' }, buys: { phone_number: '+12025550177' } }],
];

test.each(CASES)('%s makes it %s', async (check, status, given) => {
  const number = ++last;
  const advocate = given.advocate ?? `a-wholly-new-one-${number}@ours.example`;
  const friend = given.friend ?? `somebody-else-${number * 7919}@theirs.example`;
  const { offerId } = await advocateOf(shop, advocate, given.said);
  if (given.bought !== undefined) await buys(shop, advocate, `own-${number}`, given.bought);
  const visitor = randomUUID();
  await comes(world, shop, offerId, { visitor });
  await buys(shop, friend, `order-${number}`, { uuid: visitor, ...given.buys });
  const referral = await referralOf(world, shop, `order-${number}`);
  expect(referral?.status).toBe(status);
  const matched = referral?.fraud.filter((finding) => finding.matched).map((finding) => finding.check);
  expect(matched).toContain(check);
  const evidence = referral?.fraud.find((finding) => finding.check === check)?.evidence;
  expect(evidence).toMatch(/\w/);
  // It outlives the people, and names nobody.
  expect(evidence).not.toMatch(/\w@|203\.0|Main|2025550/);
});

describe('one address and one kind of browser', () => {
  const [ip, agent] = ['203.0.113.40', 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0'];
  const said = (what: string, body: Record<string, unknown>, from = ip) =>
    world.request('POST', `/referrals/tag/${shop.site.test.publicId}/${what}`, {
      ...{ key: null, from, body: JSON.stringify(body) },
      headers: { 'content-type': 'text/plain', origin: 'https://shop.example', 'user-agent': agent },
    });
  const findingOf = async (order: string) =>
    (await referralOf(world, shop, order))?.fraud.find((finding) => finding.check === 'ip_and_user_agent');

  test('in which both bought, as the tag says and the shop confirms', async () => {
    const [email, order_number, visitor] = ['bought-here@ours.example', 'agent-own', randomUUID()];
    const { code } = await advocateOf(shop, email);
    await said('purchase', { visitor, email, order_number });
    await buys(shop, email, order_number);
    const headers = { 'user-agent': agent };
    const came = await world.request('GET', `/r/${code}`, { key: null, from: `::ffff:${ip}`, headers });
    const coupon_codes = new URL(String(came.headers['location'])).searchParams.get('coupon');
    await buys(shop, 'another-window@theirs.example', 'agent-1', { coupon_codes });
    expect(await findingOf('agent-1')).toMatchObject({ matched: true, outcome: 'flag' });
    expect((await findingOf('agent-1'))?.evidence).toMatch(/^Origin \d+ of the advocate came from the same IP address/);
  });

  test('in which the advocate tried the link before', async () => {
    const offer = await advocateOf(shop, 'tried-it@ours.example', { uuid: randomUUID() });
    const [tried, friend] = [randomUUID(), randomUUID()];
    await advocateOf(shop, 'tried-it@ours.example', { uuid: tried });
    const elsewhere = { ip: '203.0.113.41', user_agent: agent };
    await comes(world, shop, offer.offerId, { visitor: tried, ...elsewhere });
    await comes(world, shop, offer.offerId, { visitor: friend, ...elsewhere });
    await buys(shop, 'in-private@theirs.example', 'agent-2', { uuid: friend });
    expect(await findingOf('agent-2')).toMatchObject({ matched: true, outcome: 'flag' });
    await comes(world, shop, offer.offerId, { visitor: friend, ...elsewhere, user_agent: 'Another/1.0' });
    await buys(shop, 'another-browser@theirs.example', 'agent-3', { uuid: friend });
    expect(await findingOf('agent-3')).toMatchObject({ matched: false, outcome: 'pass' });
  });
});

test('the browser that the advocate was known in', async () => {
  const visitor = randomUUID();
  const { offerId } = await advocateOf(shop, 'in-this-browser@ours.example', { uuid: visitor });
  await comes(world, shop, offerId, { visitor });
  await buys(shop, 'quite-other@theirs.example', 'same-browser', { uuid: visitor });
  const referral = await referralOf(world, shop, 'same-browser');
  expect(referral?.status).toBe('blocked');
  expect(referral?.fraud.find(({ check }) => check === 'cookie')).toMatchObject({ matched: true, outcome: 'block' });
});

describe('the browser that the advocate was known in before somebody else was', () => {
  const say = async (what: string, body: Record<string, unknown>): Promise<Record<string, unknown>> =>
    (
      await world.request('POST', `/referrals/tag/${shop.site.test.publicId}/${what}`, {
        ...{ key: null, body: JSON.stringify(body) },
        headers: { 'content-type': 'text/plain', origin: 'https://shop.example' },
      })
    ).body;
  const identify = async (email: string, visitor: string): Promise<void> => {
    const identifier_hash = createHmac('sha256', shop.securityKeys.test).update(email).digest('hex');
    expect(await say('identify', { email, visitor, identifier_hash })).toEqual({ ok: true, identified: true });
  };
  /** @returns where the link leads, and what comes of it */
  const come = async (code: string, visitor?: string): Promise<URL> => {
    const cookie = visitor === undefined ? {} : { cookie: `sidetone_${shop.site.test.publicId}=${visitor}` };
    const headers = { 'user-agent': 'Mozilla/5.0 Firefox/140.0', ...cookie };
    const came = await world.request('GET', `/r/${code}`, { key: null, headers });
    return new URL(String(came.headers['location']));
  };

  test('stays one of theirs, however often somebody else buys there', async () => {
    const visitor = randomUUID();
    const { code } = await advocateOf(shop, 'known-here@ours.example');
    await identify('known-here@ours.example', visitor);
    const visit = (await come(code)).searchParams.get('st_visit');
    expect(await say('arrive', { visitor, visit })).toEqual({ ok: true, arrived: true });
    for (const order of ['puppet-1', 'puppet-2']) {
      await buys(shop, 'a-sock-puppet@theirs.example', order, { uuid: visitor });
      expect(await referralOf(world, shop, order)).toMatchObject({ status: 'blocked' });
    }
  });

  test('stays so when somebody else signs in first', async () => {
    const visitor = randomUUID();
    const { offerId, code } = await advocateOf(shop, 'signed-out@ours.example');
    await identify('signed-out@ours.example', visitor);
    await identify('signed-in@theirs.example', visitor);
    // Nor is there a code for them.
    expect((await come(code, visitor)).searchParams.get('coupon')).toBeNull();
    await comes(world, shop, offerId, { visitor });
    await buys(shop, 'signed-in@theirs.example', 'signed-in-1', { uuid: visitor });
    const referral = await referralOf(world, shop, 'signed-in-1');
    expect(referral?.status).toBe('blocked');
    expect(referral?.fraud.find(({ check }) => check === 'cookie')).toMatchObject({
      ...{ matched: true, evidence: "The advocate was known in the friend's browser." },
    });
  });

  test('is one of theirs where they joined once more', async () => {
    const visitor = randomUUID();
    const { offerId } = await advocateOf(shop, 'joined-twice@ours.example', { uuid: randomUUID() });
    await advocateOf(shop, 'joined-twice@ours.example', { uuid: visitor });
    await identify('after-them@theirs.example', visitor);
    await comes(world, shop, offerId, { visitor });
    await buys(shop, 'after-them@theirs.example', 'after-them-1', { uuid: visitor });
    expect(await referralOf(world, shop, 'after-them-1')).toMatchObject({ status: 'blocked' });
  });

  test('is nobody’s any more once they are erased', async () => {
    const visitor = randomUUID();
    await advocateOf(shop, 'to-be-erased@ours.example', { uuid: visitor });
    await identify('stays@theirs.example', visitor);
    const browsersOf = async (email: string): Promise<unknown> => {
      const { body } = await shop.ask('GET', `/people/${email}/personal_data`);
      return (body as { result: { person: { browsers: string[] } } }).result.person.browsers;
    };
    expect(await browsersOf('to-be-erased@ours.example')).toEqual([visitor]);
    const erased = await shop.ask('POST', '/people/to-be-erased@ours.example/anonymize', {});
    const { person } = erased.body['result'] as { person: { email: string } };
    expect(await browsersOf(person.email)).toEqual([]);
    expect(await browsersOf('stays@theirs.example')).toEqual([visitor]);
  });
});

test('who brings the one that brought them is flagged', async () => {
  const [one, other] = ['alexandra@ours.example', 'maximilian@theirs.example'];
  const [mine, theirs] = [await advocateOf(shop, one), await advocateOf(shop, other)];
  const [first, second] = [randomUUID(), randomUUID()];
  await comes(world, shop, mine.offerId, { visitor: first });
  await buys(shop, other, 'mutual-1', { uuid: first });
  await comes(world, shop, theirs.offerId, { visitor: second });
  await buys(shop, one, 'mutual-2', { uuid: second });
  expect((await referralOf(world, shop, 'mutual-1'))?.status).toBe('pending');
  const referral = await referralOf(world, shop, 'mutual-2');
  expect(referral?.status).toBe('flagged');
  expect(referral?.fraud.find(({ check }) => check === 'mutual')).toMatchObject({ matched: true, outcome: 'flag' });
});
