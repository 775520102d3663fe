import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey, setStage } from '#core/accounts/index.js';
import { addNumber, recordProof } from '#core/numbers/index.js';
import { addTrunk } from '#core/trunks/index.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type World } from '../world.js';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
});
// Codes for one number are a minute apart.
beforeEach(() => world.run(61_000));

const ask = (method: string, path: string, body?: unknown, key?: string): Promise<Reply> =>
  world.request(method, `/api/v1${path}`, {
    ...(body === undefined ? {} : { body }),
    ...(key === undefined ? {} : { key }),
  });

const call = (from: string, key?: string): Promise<Reply> =>
  ask('POST', '/calls', { to: '+15005550001', from, message: 'Hello.' }, key);

describe('a number that is elsewhere', () => {
  const ELSEWHERE = '+15005550002';

  test('is proven by the code that is spoken there, and then calls can come from it', async () => {
    expect(await call(ELSEWHERE)).toMatchObject({ status: 400, body: { error: { code: 'sender_not_owned' } } });
    const asked = await world.requestInTime('POST', '/api/v1/numbers/verify', {
      body: { number: '+1 (500) 555-0002' },
    });
    expect(asked).toMatchObject({
      status: 201,
      body: { number: ELSEWHERE, status: 'calling', channel: 'voice', expires_at: '2026-03-02T15:06:01Z' },
    });
    const path = `/numbers/verify/${String(asked.body['id'])}`;
    expect((await ask('POST', path, { code: '123456' })).body).toMatchObject({ verified: false, status: 'mismatch' });
    expect(await call(ELSEWHERE)).toMatchObject({ status: 400 });
    expect(await ask('POST', path, { code: '000000' }, world.keys.live)).toMatchObject({ status: 404 });
    const right = await ask('POST', path, { code: '000000' });
    expect(right).toMatchObject({ status: 200, body: { verified: true, status: 'verified' } });
    expect((await ask('GET', '/numbers')).body).toEqual({
      numbers: [
        {
          ...{ number: ELSEWHERE, source: 'verified', kind: 'e164', capabilities: { calls: true, texts: false } },
          ...{ verified_at: expect.any(String) as string, added_at: expect.any(String) as string },
        },
        {
          ...{ number: SANDBOX_NUMBER, source: 'owned', kind: 'e164', capabilities: { calls: true, texts: true } },
          ...{ verified_at: null, added_at: '2026-03-02T15:00:00Z' },
        },
      ],
      next_cursor: null,
    });
    const page = (await ask('GET', '/numbers?limit=1')).body;
    expect(page).toMatchObject({ numbers: [{ number: ELSEWHERE }], next_cursor: ELSEWHERE });
    const rest = (await ask('GET', `/numbers?cursor=${encodeURIComponent(ELSEWHERE)}`)).body;
    expect(rest).toMatchObject({ numbers: [{ number: SANDBOX_NUMBER }], next_cursor: null });

    expect(await call(ELSEWHERE)).toMatchObject({ status: 201 });
    // Nobody else's, and of this mode only.
    expect((await ask('GET', '/numbers', undefined, world.keys.live)).body).toMatchObject({
      numbers: [{ number: SANDBOX_NUMBER }],
    });
    const other = await createAccount(world.core, { name: 'Other', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: other.id, mode: 'test', actor: 'test' });
    expect(await call(ELSEWHERE, secret)).toMatchObject({ status: 400 });
    expect(await ask('DELETE', `/numbers/${ELSEWHERE}`, undefined, secret)).toMatchObject({ status: 404 });

    expect(await ask('DELETE', `/numbers/${ELSEWHERE}`)).toMatchObject({ status: 204 });
    expect(await call(ELSEWHERE)).toMatchObject({ status: 400 });
    expect(await ask('DELETE', `/numbers/${SANDBOX_NUMBER}`)).toMatchObject({
      status: 409,
      body: { error: { code: 'number_owned' } },
    });
  });

  test('is not proven by a code that was asked for otherwise', async () => {
    const otp = await world.requestInTime('POST', '/v1/otp', { body: { to: '+15005550003' } });
    const path = `/numbers/verify/${String(otp.body['id'])}`;
    expect(await ask('POST', path, { code: '000000' })).toMatchObject({ status: 404 });
    await world.request('POST', '/v1/otp/verify', { body: { to: '+15005550003', code: '000000' } });
    expect(await call('+15005550003')).toMatchObject({ status: 400 });
  });

  test.each([
    ['/numbers/verify', {}, 'number'],
    ['/numbers/verify', { number: '0800' }, 'number'],
    ['/numbers/verify', { number: '+15005550002', channel: 'sms' }, 'channel'],
    ['/numbers/verify', { number: '+15005550002', more: 1 }, 'more'],
    ['/numbers/verify/otp_none', { code: 'abc' }, 'code'],
  ])('%s refuses %o', async (path, body, field) => {
    expect(await ask('POST', path, body)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', field } },
    });
  });
});

describe('an account in development', () => {
  const live = async (to: string): Promise<Reply> =>
    ask('POST', '/calls', { to, from: SANDBOX_NUMBER, message: 'Hello.' }, world.keys.live);
  const stranger = '+12125550111';
  const verified = '+12125550122';

  test('reaches its own and verified numbers only', async () => {
    const { core, account } = world;
    expect((await ask('GET', '/limits')).body).toMatchObject({ stage: 'production' });
    await addTrunk(core, { name: 'carrier', uri: 'sip:127.0.0.1:9', sipHost: '127.0.0.1', actor: 'test' });
    // Accepted in production, and due when that is over.
    const later = new Date(core.clock.now() + 30_000).toISOString();
    const body = { to: stranger, from: SANDBOX_NUMBER, message: 'Hello.', schedule_at: later };
    const waiting = await ask('POST', '/calls', body, world.keys.live);
    expect(waiting.status).toBe(201);
    await setStage(core, { accountId: account.id, stage: 'development', actor: 'test' });
    expect((await ask('GET', '/limits')).body).toMatchObject({ stage: 'development' });

    const refused = await live(stranger);
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'number_not_verified', field: 'to' } } });
    expect(JSON.stringify(refused.body)).toContain(`sidetone numbers verify ${stranger}`);
    const code = await world.request('POST', '/v1/otp', { key: world.keys.live, body: { to: stranger } });
    expect(code).toMatchObject({ status: 403, body: { error: { code: 'number_not_verified' } } });
    // Test keys reach nobody.
    expect(await call(SANDBOX_NUMBER)).toMatchObject({ status: 201 });

    await core.db.transaction().execute((tx) =>
      recordProof(tx, {
        ...{ accountId: account.id, mode: 'live', number: verified, verificationId: 'otp_1' },
        at: new Date(core.clock.now()),
      }),
    );
    expect(await live(verified)).toMatchObject({ status: 201 });
    expect(await live(SANDBOX_NUMBER)).toMatchObject({ status: 201 });
    await addNumber(core, { accountId: account.id, mode: 'live', number: '+12125550133', actor: 'test' });
    expect(await live('+12125550133')).toMatchObject({ status: 201 });
    // A number is verified by calling it.
    const asked = await world.requestInTime('POST', '/api/v1/numbers/verify', {
      ...{ key: world.keys.live, body: { number: '+12125550144' } },
    });
    expect(asked.status).not.toBe(403);

    const look = async () => ask('GET', `/calls/${String(waiting.body['call_id'])}`, undefined, world.keys.live);
    await world.runUntil(
      'the end of the one that waited',
      async () => (await look()).body['status'] !== 'queued',
      60_000,
    );
    expect((await look()).body).toMatchObject({ status: 'failed', error: { code: 'not_verified' }, attempts: 0 });
  });
});

describe('a marketing call', () => {
  const market = (more: object): Promise<Reply> =>
    ask('POST', '/calls', {
      ...{ to: '+15005550009', from: SANDBOX_NUMBER, message: 'We have shoes.', purpose: 'marketing' },
      ...more,
    });

  test('can be stopped by 9, and needs a key for that', async () => {
    expect(await market({ dtmf: { '9': { action: 'repeat' } } })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', field: 'dtmf.9' } },
    });
    expect(await market({ purpose: 'verification' })).toMatchObject({ status: 400 });
    const { core, account, clock } = world;
    const at = new Date(clock.now());
    // 10 in the morning, for whoever is in New York.
    await core.db
      .insertInto('contacts')
      .values({
        ...{ id: 'con_here', account_id: account.id, mode: 'test', phone: '+15005550009', name: null, company: null },
        ...{ email: null, city: null, region: null, country: null, time_zone: 'America/New_York' },
        ...{ created_at: at, updated_at: at },
      })
      .execute();
    const placed = await market({});
    const look = async () => (await ask('GET', `/calls/${String(placed.body['call_id'])}`)).body;
    await world.runUntil('its end', async () => (await look())['completed_at'] !== null);
    expect(await look()).toMatchObject({ status: 'completed', digits: '9', dtmf_response: '9' });
    expect(await market({})).toMatchObject({ status: 403, body: { error: { code: 'recipient_opted_out' } } });
  });
});
