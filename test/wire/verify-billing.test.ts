import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey, type Scope } from '#core/accounts/index.js';
import { creditWallet, holdFunds, setMetering, setPrice, settleFunds } from '#core/billing/index.js';
import type { Mode } from '#core/tables.js';
import { HeldClock } from '../held-clock.js';
import { openWorld, type World } from '../world.js';

/** Request -> response for money at the Verify door. */
let world: World;
/** A live key of another account. */
let stranger: string;

beforeAll(async () => {
  world = await openWorld();
  const { core, account } = world;
  const other = await createAccount(core, { name: 'Another account', actor: 'test' });
  stranger = (await createKey(core, { accountId: other.id, mode: 'live', actor: 'test' })).secret;
  await setPrice(core, { unit: 'tts_1k_characters', amount: '2.5', actor: 'test' });
  await creditWallet(core, { accountId: account.id, amount: 100, note: 'Invoice 7', actor: 'test' });
  const use = { accountId: account.id, mode: 'live' as const, unit: 'tts_1k_characters' as const, quantity: 1.2 };
  const at = new Date(core.clock.now());
  await core.db.transaction().execute(async (tx) => {
    await holdFunds(tx, { ...use, reference: 'spf_done', at });
    await settleFunds(tx, { ...use, reference: 'spf_done', at });
    await holdFunds(tx, { ...use, reference: 'spf_begun', at });
  });
});
afterAll(() => world.close());

// These tables are not about limits.
beforeEach(() => {
  if (world.clock instanceof HeldClock) world.clock.advance(60_000);
});

const key = async (mode: Mode, ...scopes: Scope[]): Promise<string> =>
  (await createKey(world.core, { accountId: world.account.id, mode, scopes, actor: 'test' })).secret;
const get = (path: string, as: string | null = world.keys.live) => world.request('GET', path, { key: as });
const text = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe('GET /v1/wallet', () => {
  test('says what can be spent, what is set apart and what is owed', async () => {
    expect(await get('/v1/wallet')).toMatchObject({ status: 200 });
    expect((await get('/v1/wallet')).body).toEqual({
      ...{ object: 'wallet', livemode: true, currency: 'USD', metering: 'off' },
      ...{ balance: 94, held: 3, owed: 0 },
    });
  });

  test('is empty in the sandbox and for others', async () => {
    expect((await get('/v1/wallet', world.keys.test)).body).toEqual({
      ...{ object: 'wallet', livemode: false, simulated: true, currency: 'USD', metering: 'off' },
      ...{ balance: 0, held: 0, owed: 0 },
    });
    expect((await get('/v1/wallet', stranger)).body).toMatchObject({ balance: 0, held: 0 });
  });

  test('needs a key with its scope', async () => {
    expect((await get('/v1/wallet', await key('live', 'wallet:read'))).status).toBe(200);
    expect(await get('/v1/wallet', await key('live', 'calls:read'))).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden', message: text(/wallet:read/) } },
    });
    expect(await get('/v1/wallet', null)).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } });
    expect(await world.request('POST', '/v1/wallet')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
});

describe('GET /v1/wallet/entries', () => {
  test('lists the ledger, the newest first', async () => {
    const { status, body } = await get('/v1/wallet/entries');
    expect(status).toBe(200);
    expect(body['object']).toBe('list');
    const rows = body['data'] as Record<string, unknown>[];
    expect(rows.map(({ kind, amount, balance_after }) => [kind, amount, balance_after])).toEqual([
      ['hold', -3, 94],
      ['charge', -3, 97],
      ['release', 3, 100],
      ['hold', -3, 97],
      ['credit', 100, 100],
    ]);
    expect(rows[1]).toEqual({
      ...{ object: 'wallet_entry', livemode: true, id: text(/^led_/), kind: 'charge', amount: -3, balance_after: 97 },
      ...{ reference: 'spf_done', unit: 'tts_1k_characters', quantity: 1.2, price: 2.5, note: null },
      created_at: text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(rows[4]).toMatchObject({ reference: null, note: 'Invoice 7', unit: null, quantity: null, price: null });
  });

  test('page by page', async () => {
    const ids: unknown[] = [];
    for (let after = ''; ; after = `&starting_after=${String(ids.at(-1))}`) {
      const page = (await get(`/v1/wallet/entries?limit=2${after}`)).body['data'] as { id: string }[];
      ids.push(...page.map(({ id }) => id));
      if (page.length < 2) break;
    }
    expect(new Set(ids).size).toBe(5);
  });

  test('shows nobody else’s', async () => {
    expect((await get('/v1/wallet/entries', stranger)).body).toEqual({ object: 'list', data: [] });
    expect((await get('/v1/wallet/entries', world.keys.test)).body).toEqual({ object: 'list', data: [] });
    const [{ id } = { id: '' }] = (await get('/v1/wallet/entries')).body['data'] as { id: string }[];
    expect(await get(`/v1/wallet/entries?starting_after=${id}`, stranger)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid', message: text(/^starting_after: /) } },
    });
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=many', 'limit'],
    ['cursor=1', 'cursor'],
    ['starting_after=led_none', 'starting_after'],
  ])('refuses %s', async (query, field) => {
    expect(await get(`/v1/wallet/entries?${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid', message: expect.stringContaining(field) as string } },
    });
  });
});

describe('GET /public/pricing', () => {
  const pricing = () => world.request('GET', '/public/pricing', { key: null });

  test('tells everybody, on any page, what things cost', async () => {
    await setPrice(world.core, { unit: 'voice_otp_call', amount: '3', actor: 'test' });
    expect(await pricing()).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=60' },
      body: {
        object: 'pricing',
        currency: 'USD',
        units: 'minor',
        plans: {},
        usage: { voiceMinute: 0, channelMonthly: 0, numberMonthly: 0, voiceOtpCall: 3, smsSegment: 0 },
        ai: { tts1kCharacters: 2.5, sttMinute: 0 },
      },
    });
  });

  test('tells nothing of an account', async () => {
    const own = { accountId: world.account.id, actor: 'test' };
    await setPrice(world.core, { ...own, unit: 'voice_minute', amount: '99' });
    await setMetering(world.core, { ...own, metering: 'prepaid' });
    const { body } = await pricing();
    expect(body['usage']).toMatchObject({ voiceMinute: 0 });
    expect(Object.keys(body).sort()).toEqual(['ai', 'currency', 'object', 'plans', 'units', 'usage']);
    await setMetering(world.core, { ...own, metering: 'off' });
  });

  test('is all there is at /public', async () => {
    expect(await world.request('GET', '/public', { key: null })).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    });
    expect(await world.request('POST', '/public/pricing', { key: null })).toMatchObject({ status: 405 });
  });
});
