import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readLetter, type ReadLetter } from '#email/read-letter.fixture.js';
import type { HeldClock } from '../held-clock.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
const DAY_MS = 86_400_000;
let world: World;
let receiver: Receiver;
afterEach(async () => {
  await receiver.close();
  await world.close();
});

/** A shop whose friends say who they are, and which promises them a code for letters. */
async function open(options: Parameters<typeof openWorld>[0] = {}): Promise<{ shop: Shop; code: string }> {
  receiver = await openReceiver();
  world = await openWorld(options);
  const shop = await openShop(world, { campaign: { emailGating: true } });
  const friend = { reason: 'referred', type: 'discount_coupon', amount: 10, coupon_list: 'Friends' };
  const incentives = [
    { ...friend, identifier: 'keen', description: '$10 for letters', criteria: { new_opt_in: true } },
    {
      ...{ identifier: 'brought', reason: 'referrer', type: 'other', description: 'A cake' },
      criteria: { new_opt_in: true },
    },
  ];
  const campaign = { name: 'Give 10, get 10', email_gating: true, incentives };
  const saved = await shop.ask('PUT', '/manage/campaigns/give-10-get-10', campaign, 'live');
  expect(saved.status).toBe(200);
  const site = await shop.ask('PUT', '/manage/site', { settings: { postal_address: '1 Main Street' } }, 'live');
  expect(site.status).toBe(200);
  const hears = { url: `${receiver.url}/app`, style: 'custom_app', events: ['email_optin'] };
  expect((await shop.ask('POST', '/manage/webhook_endpoints', hears, 'live')).status).toBe(201);
  const { body } = await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'anna@example.com' } }, 'live');
  return { shop, code: (body['result'] as { offer: { short_url_code: string } }).offer.short_url_code };
}

function look(path: string, headers: Record<string, string> = {}): Promise<Reply> {
  return world.request('GET', path, { key: null, headers: { 'user-agent': BROWSER, ...headers } });
}

function send(path: string, form: Record<string, string> = {}): Promise<Reply> {
  return world.request('POST', path, {
    ...{ key: null, body: new URLSearchParams(form).toString() },
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER },
  });
}

async function letters(): Promise<ReadLetter[]> {
  await world.settle();
  const files = await readdir(world.mailFolder).catch(() => []);
  const raw = await Promise.all(files.sort().map((file) => readFile(join(world.mailFolder, file), 'utf8')));
  return raw.map(readLetter);
}

/** The link of a letter that confirms, as its reader follows it. */
function linkIn(letter: ReadLetter | undefined): string {
  const url = new URL(/^http\S+\/c\?t=\S+/m.exec(letter?.text ?? '')?.[0] ?? 'none:');
  return url.pathname + url.search;
}

async function optedIn(shop: Shop, email: string): Promise<unknown> {
  const { body } = await shop.ask('GET', `/people/${email}`, undefined, 'live');
  return (body['result'] as { person: { opted_in_at: string | null } }).person.opted_in_at;
}

async function told(): Promise<unknown[]> {
  await world.settle();
  return receiver.received.map(({ body }) => body['payload']);
}

const KEEN = { email: 'keen@example.com', letters: 'yes' };

test('whoever reads the mailbox agrees to letters, and whoever types in its address does not', async () => {
  const { shop, code } = await open();
  const asked = await send(`/r/${code}`, KEEN);
  expect(asked.status).toBe(200);
  expect(asked.raw.toString()).toContain('A letter is on its way to this address');
  expect(asked.raw.toString()).not.toContain('class="coupon"');
  // It is for the mailbox alone.
  expect(asked.raw.toString()).not.toContain('/c?t=');
  const [letter, ...more] = await letters();
  expect(more).toEqual([]);
  expect(letter?.headers).toMatchObject({
    ...{ to: 'keen@example.com', subject: 'May The Shop write to you?' },
    'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
  });
  expect(letter?.text).toContain('1 Main Street');
  expect(await optedIn(shop, 'keen@example.com')).toBeNull();
  // Programs that look into letters follow links.
  const page = await look(linkIn(letter));
  expect(page.status).toBe(200);
  expect(page.raw.toString()).toMatch(/The Shop.*keen@example\.com.*<button type="submit">/);
  expect(await optedIn(shop, 'keen@example.com')).toBeNull();
  expect(await told()).toEqual([]);
  const agreed = await send(linkIn(letter));
  expect(agreed.status).toBe(200);
  expect(await optedIn(shop, 'keen@example.com')).not.toBeNull();
  const coupon = /class="coupon" id="coupon">(FRD\w+)</.exec(agreed.raw.toString())?.[1];
  expect(coupon).toBeDefined();
  expect(await told()).toMatchObject([{ person: { email: 'keen@example.com', sub_choice: true } }]);
  // Once more is the same.
  expect((await send(linkIn(letter))).raw.toString()).toContain(`>${coupon}<`);
  expect(await told()).toHaveLength(1);
  await send(`/r/${code}`, KEEN);
  (world.clock as HeldClock).advance(8 * DAY_MS);
  await send(`/r/${code}`, KEEN);
  expect(await letters()).toHaveLength(1);
  // They came again since they agreed.
  const data = { email: 'keen@example.com', order_number: '1', subtotal: 20 };
  expect((await shop.ask('POST', '/origins/purchase', { data }, 'live')).status).toBe(201);
  const { body } = await shop.ask('PUT', '/origins/1/referral', { data: { status: 'approved' } }, 'live');
  expect(body).toMatchObject({ result: { referral: { advocate_rewards: [{ incentive_description: 'A cake' }] } } });
});

test('a mailbox is asked once in seven days, whoever types it in', async () => {
  const { shop, code } = await open();
  const second = await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'bea@example.com' } }, 'live');
  const { offer } = second.body['result'] as { offer: { short_url_code: string } };
  await Promise.all([send(`/r/${code}`, KEEN), send(`/r/${code}`, KEEN), send(`/r/${offer.short_url_code}`, KEEN)]);
  (world.clock as HeldClock).advance(7 * DAY_MS - 1000);
  expect((await send(`/r/${code}`, { ...KEEN, email: ' Keen@Example.com' })).status).toBe(200);
  const [first, ...none] = await letters();
  expect(none).toEqual([]);
  (world.clock as HeldClock).advance(2000);
  // A link holds for as long.
  expect((await send(linkIn(first))).status).toBe(404);
  await send(`/r/${code}`, KEEN);
  const [, again] = await letters();
  await send(linkIn(again));
  expect(await optedIn(shop, 'keen@example.com')).not.toBeNull();
});

test('whoever ended letters is not asked, and a link of before does nothing any more', async () => {
  const { shop, code } = await open();
  await send(`/r/${code}`, KEEN);
  const [letter] = await letters();
  const ends = new URL(/<(.+)>/.exec(letter?.headers['list-unsubscribe'] ?? '')?.[1] ?? '');
  expect((await send(ends.pathname + ends.search)).status).toBe(200);
  const refused = await send(linkIn(letter));
  expect(refused.status).toBe(410);
  (world.clock as HeldClock).advance(8 * DAY_MS);
  await send(`/r/${code}`, { ...KEEN, email: 'keen+1@example.com' });
  const page = await send(`/r/${code}`, KEEN);
  // What strangers are told of an address is the same for all.
  expect(page.raw.toString()).toContain('A letter is on its way to this address');
  expect(await letters()).toHaveLength(1);
  expect(await optedIn(shop, 'keen@example.com')).toBeNull();
  expect(await told()).toEqual([]);
});

test('a mailbox is one, however its address is spelled: it is asked once, and has one code', async () => {
  const { code } = await open();
  for (const email of ['keen@example.com', 'keen+1@example.com', 'Keen+2@example.com']) {
    expect((await send(`/r/${code}`, { ...KEEN, email })).status).toBe(200);
  }
  const [first, ...none] = await letters();
  expect(none).toEqual([]);
  const couponOf = (page: Reply) => /id="coupon">(FRD\w+)</.exec(page.raw.toString())?.[1];
  const coupon = couponOf(await send(linkIn(first)));
  expect(coupon).toBeDefined();
  (world.clock as HeldClock).advance(8 * DAY_MS);
  await send(`/r/${code}`, { ...KEEN, email: 'keen+1@example.com' });
  const [, second] = await letters();
  expect(couponOf(await send(linkIn(second)))).toBe(coupon);
});

test('the advocate is sent none, and the page says what it says to all', async () => {
  const { code } = await open();
  const page = await send(`/r/${code}`, { ...KEEN, email: 'anna@example.com' });
  expect(page.raw.toString()).toContain('A letter is on its way to this address, unless it');
  expect(page.raw.toString()).toContain('or is that of whoever sent you');
  expect(await letters()).toEqual([]);
});

test('a link that is not ours, or another one of ours, agrees to nothing', async () => {
  const { shop, code } = await open();
  await send(`/r/${code}`, KEEN);
  const [letter] = await letters();
  const link = linkIn(letter);
  const unsubscribe = /\/u(\?t=\S+)/.exec(letter?.text ?? '')?.[1] ?? '';
  const shorter = link.slice(0, -3);
  for (const forged of ['/c', '/c?t=nothing', shorter, `${link}AA`, `/c${unsubscribe}`]) {
    expect([forged, (await look(forged)).status, (await send(forged)).status]).toEqual([forged, 404, 404]);
  }
  expect(await optedIn(shop, 'keen@example.com')).toBeNull();
});

test('an address that became somebody else’s, or nobody’s, is not agreed for', async () => {
  const { shop, code } = await open();
  await send(`/r/${code}`, KEEN);
  const [letter] = await letters();
  await shop.ask('PUT', '/people/keen@example.com', { data: { email: 'new@example.com' } }, 'live');
  expect((await send(linkIn(letter))).status).toBe(404);
  expect(await optedIn(shop, 'new@example.com')).toBeNull();
});

test('where no letters can be sent, nobody is asked whether they want any', async () => {
  const { shop, code } = await open({ mail: null });
  expect((await look(`/r/${code}`)).raw.toString()).not.toContain('name="letters"');
  const given = await send(`/r/${code}`, KEEN);
  expect(given.status).toBe(200);
  expect(given.raw.toString()).not.toContain('A letter is on its way');
  expect(await world.core.db.selectFrom('emails').select('id').execute()).toEqual([]);
  expect(await optedIn(shop, 'keen@example.com')).toBeNull();
});

test('who has a code already, and is given another for letters, sees both on the page of the letter', async () => {
  const { shop, code } = await open();
  const friend = { type: 'discount_coupon', amount: 10, coupon_list: 'Friends' };
  const incentives = [
    { ...friend, identifier: 'came', reason: 'referred', description: '$10 for coming' },
    { ...friend, identifier: 'keen', reason: 'click', description: '$10 for letters', criteria: { new_opt_in: true } },
  ];
  const campaign = { name: 'Give 10, get 10', email_gating: true, incentives };
  expect((await shop.ask('PUT', '/manage/campaigns/give-10-get-10', campaign, 'live')).status).toBe(200);
  const codesOn = (page: Reply) =>
    [...page.raw.toString().matchAll(/class="coupon"[^>]*>(FRD\w+)</g)].map(([, one]) => one);
  const had = codesOn(await send(`/r/${code}`, KEEN));
  expect(had).toHaveLength(1);
  const [letter] = await letters();
  const agreed = await send(linkIn(letter));
  const codes = codesOn(agreed);
  expect(new Set(codes).size).toBe(2);
  expect(codes).toContain(had[0]);
  expect(agreed.raw.toString()).toMatch(/\$10 for coming.*\$10 for letters/);
  expect(codesOn(await send(linkIn(letter)))).toEqual(codes);
});
