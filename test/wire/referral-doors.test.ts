/** What all pages of referrals refuse alike, and what they never do. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unsubscribeLink } from '#core/shares/index.js';
import type { HeldClock } from '../held-clock.js';
import { advocateOf } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER };
let world: World;
let shop: Shop;
let code: string;
/** What each piece of work costs, milliseconds. */
let cost = 0;

beforeAll(async () => {
  world = await openWorld({ workMeter: () => () => cost });
  shop = await openShop(world, { campaign: { incentives: [sharing()] } });
  code = (await advocateOf(shop, 'anna@example.com')).code;
});
afterAll(() => world.close());

function sharing() {
  return { identifier: 'sharing', reason: 'shared' as const, kind: 'other' as const, description: 'A sticker' };
}

function post(path: string, body: string, from?: string): Promise<Reply> {
  return world.request('POST', path, { key: null, body, headers: FORM, ...(from === undefined ? {} : { from }) });
}

function letterOf(email: string): string {
  const { pathname, search } = new URL(unsubscribeLink(world.core, shop.site.test, email));
  return pathname + search;
}

async function told(type: string): Promise<number> {
  return (await world.core.db.selectFrom('events').select('id').where('type', '=', type).execute()).length;
}

test('that somebody shares earns nothing where the shop does not vouch for them', async () => {
  expect((await post(`/o/${code}/shares`, 'channel=facebook')).status).toBe(204);
  expect((await post(`/o/${code}/shares?t=99999999999.x`, 'channel=facebook')).status).toBe(204);
  expect(await told('offer.shared')).toBe(0);
  expect(await world.core.db.selectFrom('rewards').select('id').execute()).toEqual([]);
  await shop.ask('POST', `/offers/${code}/shares/social`, { channel: 'facebook' });
  expect(await told('offer.shared')).toBe(1);
  expect(await world.core.db.selectFrom('rewards').select('reason').execute()).toEqual([{ reason: 'shared' }]);
});

test('one address ends the letters of as many readers as it likes, and guesses no links', async () => {
  const statuses = new Set<number>();
  for (let n = 0; n < 40; n++) {
    statuses.add((await post(letterOf(`reader-${n}@example.com`), 'List-Unsubscribe=One-Click', '192.0.2.1')).status);
  }
  expect([...statuses]).toEqual([200]);
  const guesses: Reply[] = [];
  for (let n = 0; n < 21; n++) guesses.push(await post(`/u?t=guess-${n}`, '', '192.0.2.1'));
  expect(guesses.map(({ status }) => status)).toEqual([...Array.from({ length: 20 }, () => 404), 429]);
  expect(guesses.at(-1)?.headers['retry-after']).toBe('60');
  expect((await post(letterOf('late@example.com'), 'List-Unsubscribe=One-Click', '192.0.2.1')).status).toBe(200);
});

test('links, pages and the tag are measured as the site’s, and refused with it; whoever wants no letters never', async () => {
  cost = 20;
  const tag = `/referrals/tag/${shop.site.test.publicId}/purchase`;
  const said = { visitor: '6f1d3c1e-2a57-4f0e-9d5c-0d2f6a1b7c11', email: 'a@example.com', order_number: '1' };
  const ways: [string, (from: string) => Promise<Reply>][] = [
    ['a link', (from) => world.request('GET', `/r/${code}`, { key: null, from, headers: { 'user-agent': BROWSER } })],
    ['a form', (from) => post(`/r/${code}`, 'email=tom%40example.com', from)],
    ['a page', (from) => world.request('GET', `/o/${code}`, { key: null, from })],
    ['a button', (from) => post(`/o/${code}/shares`, 'channel=facebook', from)],
    [
      'the tag',
      (from) =>
        world.request('POST', tag, {
          ...{
            key: null,
            from,
            body: JSON.stringify({ ...said, visitor: said.visitor.replace(/..$/, from.slice(-2)) }),
          },
          headers: { 'content-type': 'text/plain', origin: 'https://shop.example' },
        }),
    ],
  ];
  const before = world.core.siteLoad.now(shop.site.test).requests;
  expect(before).toBeLessThan(10);
  const refused = new Map<string, Reply>();
  for (let second = 0; second < 12; second++) {
    for (let n = 0; n < 10; n++) {
      for (const [what, ask] of ways) {
        const reply = await ask(`198.51.${second}.1${n}`);
        if (reply.status === 429) refused.set(what, reply);
      }
    }
    (world.clock as HeldClock).advance(1000);
  }
  expect([...refused.keys()].sort()).toEqual(['a button', 'a form', 'a link', 'a page', 'the tag']);
  for (const { headers } of refused.values()) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  const ends = await Promise.all(Array.from({ length: 20 }, (_, n) => post(letterOf(`busy-${n}@example.com`), '')));
  expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 200));
});
