import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { sendReminders } from '#core/shares/index.js';
import { readLetter, type ReadLetter } from '#email/read-letter.fixture.js';
import type { HeldClock } from '../held-clock.js';
import { openShop, type Shop, type ShopOptions } from '../shop.js';
import { openWorld, type World } from '../world.js';

const DAY_MS = 86_400_000;
let world: World;
afterEach(() => world.close());

async function open(settings: Record<string, unknown> = {}, options: ShopOptions = {}): Promise<[Shop, string]> {
  world = await openWorld();
  const shop = await openShop(world, options);
  await world.core.db
    .updateTable('sites')
    .set({ settings: JSON.stringify({ postalAddress: 'The Shop, 1 Main Street, Springfield', ...settings }) })
    .execute();
  world.core.knownSites.forget();
  const data = { email: 'anna@example.com', first_name: 'Anna' };
  const { body } = await shop.ask('POST', '/origins/affiliate_member', { data }, 'live');
  return [shop, (body['result'] as { offer: { short_url_code: string } }).offer.short_url_code];
}

async function letters(): Promise<ReadLetter[]> {
  await world.settle();
  const files = await readdir(world.mailFolder).catch(() => []);
  const raw = await Promise.all(files.sort().map((file) => readFile(join(world.mailFolder, file), 'utf8')));
  return raw.map(readLetter);
}

function share(shop: Shop, code: string, body: Record<string, unknown>) {
  return shop.ask('POST', `/offers/${code}/shares/email`, body, 'live');
}

async function pass(ms: number): Promise<void> {
  (world.clock as HeldClock).advance(ms);
  await sendReminders(world.core);
}

test('a letter says what, from whom and why, and its link ends them by one click', async () => {
  const [shop, code] = await open();
  await share(shop, code, { recipients: 'tom@example.com', subject: 'Own words', body: 'Buy at http://evil.example' });
  const [letter] = await letters();
  expect(letter?.headers).toMatchObject({
    ...{ to: 'tom@example.com', subject: 'Anna gives you $10 at The Shop', 'reply-to': 'anna@example.com' },
    'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
  });
  const text = letter?.text ?? '';
  expect(text).toMatch(/Here is \$10 for you: http:\/\/127\.0\.0\.1:8080\/s\/\w{12}\r?\n/);
  expect(text).toContain('The Shop, 1 Main Street, Springfield');
  expect(text).not.toMatch(/Own words|evil/);
  const link = /<(.+)>/.exec(letter?.headers['list-unsubscribe'] ?? '')?.[1] ?? '';
  expect(text).toContain(link);
  const { pathname, search } = new URL(link);
  const path = pathname + search;
  const looked = await world.request('GET', path, { key: null });
  expect(looked.raw.toString()).toContain('Unsubscribe');
  const before = await share(shop, code, { recipients: 'tom@example.com', validation_only: true });
  expect(before.body).toMatchObject({ result: { recipients: { 'tom@example.com': { unsubscribed: false } } } });
  // As a mail program does it.
  const ended = await world.request('POST', path, {
    ...{ key: null, body: 'List-Unsubscribe=One-Click' },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(ended.status).toBe(200);
  const after = await share(shop, code, { recipients: 'tom@example.com' });
  expect(after.body).toMatchObject({ result: { recipients: { 'tom@example.com': { unsubscribed: true } } } });
  const broken = await world.request('POST', '/u?t=nothing', { key: null });
  expect(broken.status).toBe(404);
});

test('words of the advocate’s own are plain text without links, where the site allows them', async () => {
  const [shop, code] = await open({ shareOwnWords: true });
  const body =
    'Look <b>here</b>: https://evil.example/x or www.evil.example, evil.example/y, me@evil.example. Kind regards';
  await share(shop, code, { recipients: 'tom@example.com', subject: 'For you\r\nBcc: eve@example.com', body });
  const [letter] = await letters();
  expect(letter?.headers['bcc']).toBeUndefined();
  expect(letter?.headers['subject']).toMatch(/^For you/);
  expect(letter?.text).toContain('Look <b>here</b>');
  expect(letter?.text).toContain('Kind regards');
  expect(letter?.text).not.toContain('evil');
});

test('friends who do nothing are reminded once; those who came, bought or want none are not', async () => {
  const [shop, code] = await open({ reminderDays: 3 }, { campaign: { emailGating: true } });
  await share(shop, code, { recipients: 'quiet@example.com,came@example.com,bought@example.com,none@example.com' });
  await share(shop, code, { recipients: 'unasked@example.com', reminder: false });
  const first = await letters();
  expect(first).toHaveLength(5);
  await world.request('POST', `/r/${code}`, {
    ...{ key: null, body: 'email=came%40example.com' },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const data = { email: 'bought@example.com', order_number: '1', subtotal: 20 };
  await shop.ask('POST', '/origins/purchase', { data }, 'live');
  const none = first.find(({ headers }) => headers['to'] === 'none@example.com');
  const { search } = new URL(/<(.+)>/.exec(none?.headers['list-unsubscribe'] ?? '')?.[1] ?? '');
  await world.request('POST', `/u${search}`, { key: null });
  await pass(3 * DAY_MS - 1000);
  expect(await letters()).toHaveLength(5);
  await pass(1000);
  const reminded = (await letters()).filter(({ headers }) => headers['subject']?.startsWith('Reminder: '));
  expect(reminded.map(({ headers }) => headers['to'])).toEqual(['quiet@example.com']);
  expect(reminded[0]?.text).toContain(`/r/${code}/reminder`);
  await pass(10 * DAY_MS);
  expect(await letters()).toHaveLength(6);
});

test('a reminder that failed in the middle is sent half an hour later, once', async () => {
  const [shop, code] = await open({ reminderDays: 3 });
  await share(shop, code, { recipients: 'quiet@example.com' });
  expect(await letters()).toHaveLength(1);
  await world.core.db
    .updateTable('share_recipients')
    .set({ reminder_at: new Date(world.clock.now()) })
    .execute();
  const said: unknown[] = [];
  const log = { ...world.core.log, error: (_: object, message: string) => void said.push(message) };
  await sendReminders({ ...world.core, log, settings: undefined as never });
  expect([await letters(), said]).toMatchObject([{ length: 1 }, { length: 1 }]);
  await pass(29 * 60_000);
  expect(await letters()).toHaveLength(1);
  await pass(60_000);
  expect((await letters())[1]?.headers).toMatchObject({ to: 'quiet@example.com' });
  await pass(DAY_MS);
  expect(await letters()).toHaveLength(2);
});

test('letters of test mode leave nothing behind but their row', async () => {
  const [shop] = await open();
  const joined = await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'anna@example.com' } });
  const { offer } = joined.body['result'] as { offer: { short_url_code: string } };
  await shop.ask('POST', `/offers/${offer.short_url_code}/shares/email`, { recipients: 'tom@example.com' });
  expect(await letters()).toEqual([]);
  const rows = await world.core.db.selectFrom('emails').select(['to_address', 'status', 'mode']).execute();
  expect(rows).toEqual([{ to_address: 'tom@example.com', status: 'sent', mode: 'test' }]);
});
