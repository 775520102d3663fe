import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey, setApiAccess, setLimit } from '#core/accounts/index.js';
import { addNumber } from '#core/numbers/index.js';
import { HeldClock } from '../held-clock.js';
import { eventually } from '../eventually.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response, for every resource of the Outreach door. */
let world: World;
let receiver: Receiver;

beforeAll(async () => {
  world = await openWorld();
  receiver = await openReceiver();
});
afterAll(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
  await receiver.close();
});

const GOOD = { to: '+12125550100', from: SANDBOX_NUMBER, message: 'Hello.' };
const ERROR_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  return world.request(method, `/api/v1${path}`, options);
}

async function pass(ms: number): Promise<void> {
  if (world.clock instanceof HeldClock) world.clock.advance(ms);
  await world.settle();
}

// These tables are not about limits.
beforeEach(() => pass(60_000));

/** What a refused request must not have changed. */
async function rowsWritten(): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*) from calls) as calls, (select count(*) from events) as events,
      (select count(*) from deliveries) as deliveries, (select count(*) from idempotency_keys) as replies,
      (select count(*) from suppressions) as suppressions`.execute(world.core.db);
  return rows[0];
}

async function refuses(request: () => Promise<Reply>, status: number, code: string, field?: string): Promise<Reply> {
  await world.settle();
  const before = await rowsWritten();
  const posted = receiver.received.length;
  const reply = await request();
  const error = { code, message: expect.any(String) as string, ...(field === undefined ? {} : { field }) };
  expect({ status: reply.status, body: reply.body }).toEqual({ status, body: { error } });
  expect(reply.headers).toMatchObject(ERROR_HEADERS);
  expect(String((reply.body['error'] as { message: string }).message)).toMatch(/^\S.*\S$/s);
  await world.settle();
  expect(await rowsWritten()).toEqual(before);
  expect(receiver.received.slice(posted)).toEqual([]);
  return reply;
}

async function place(more: object = {}, options: RequestOptions = {}): Promise<string> {
  const reply = await ask('POST', '/calls', { body: { ...GOOD, ...more }, ...options });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return String(reply.body['call_id']);
}

async function ended(id: string): Promise<Record<string, unknown>> {
  const look = async () => (await world.request('GET', `/api/v1/calls/${id}`)).body;
  await world.runUntil(`the end of ${id}`, async () => (await look())['completed_at'] !== null);
  await world.settle();
  return look();
}

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('POST /calls refuses', () => {
  const webhook = { action: 'webhook', url: 'http://127.0.0.1:9/x' };
  const fields: [what: string, change: Record<string, unknown>, field: string | undefined][] = [
    ['no to', { to: undefined }, 'to'],
    ['to null', { to: null }, 'to'],
    ['to as a number', { to: 12125550100 }, 'to'],
    ['to as an object', { to: {} }, 'to'],
    ['to empty', { to: '' }, 'to'],
    ['to without a plus', { to: '12125550100' }, 'to'],
    ['to with spaces', { to: '+1 212 555 0100' }, 'to'],
    ['to of 16 digits', { to: '+1234567890123456' }, 'to'],
    ['to that is no phone of the account', { to: '101' }, 'to'],
    ['to with a SIP address', { to: 'sip:bob@example.com' }, 'to'],
    ['no from', { from: undefined }, 'from'],
    ['from null', { from: null }, 'from'],
    ['from without a plus', { from: '15005550100' }, 'from'],
    ['amd as a switch', { amd: true }, 'amd'],
    ['amd with an unknown field', { amd: { enabled: true, beep: 1 } }, 'amd.beep'],
    ['an unknown thing to do with machines', { amd: { on_machine: 'shout' } }, 'amd.on_machine'],
    ['an empty message for machines', { amd: { machine_message: ' ' } }, 'amd.machine_message'],
    ['one too long', { amd: { machine_message: 'a'.repeat(4001) } }, 'amd.machine_message'],
    ['one with an unfilled variable', { amd: { machine_message: 'Hello {NAME}.' } }, 'variables.NAME'],
    ['one that is never left', { amd: { on_machine: 'hangup', machine_message: 'Hello.' } }, 'amd.machine_message'],
    ['one that nobody listens for', { amd: { enabled: false, machine_message: 'Hello.' } }, 'amd.machine_message'],
    ['no message and no audio', { message: undefined }, 'message'],
    ['message null', { message: null }, 'message'],
    ['message as a number', { message: 5 }, 'message'],
    ['message empty', { message: '' }, 'message'],
    ['message of blanks', { message: ' \n ' }, 'message'],
    ['message too long', { message: 'a'.repeat(4001) }, 'message'],
    ['message too long once filled', { message: '{A}', variables: { A: 'a'.repeat(4001) } }, 'message'],
    ['message and audio', { audio_url: 'http://127.0.0.1:9/a.wav' }, 'message'],
    ['an unfilled variable', { message: 'Hello {FIRST_NAME}.' }, 'variables.FIRST_NAME'],
    ['a variable of another case', { message: 'Hello {NAME}.', variables: { name: 'Ann' } }, 'variables.NAME'],
    ['a variable named like a part of every object', { message: 'Hello {constructor}.' }, 'variables.constructor'],
    ['a variable null', { variables: { A: null } }, 'variables.A'],
    ['a variable as an object', { variables: { A: {} } }, 'variables.A'],
    ['variables as a list', { variables: [] }, 'variables'],
    ['an unknown voice', { voice: 'en-US-Nobody' }, 'voice'],
    ['voice null', { voice: null }, 'voice'],
    ['a key of two digits', { dtmf: { '12': { action: 'repeat' } } }, 'dtmf.12'],
    ['a key that no phone has', { dtmf: { A: { action: 'repeat' } } }, 'dtmf.A'],
    ['a key without action', { dtmf: { '1': {} } }, 'dtmf.1.action'],
    ['a key with an unknown action', { dtmf: { '1': { action: 'transfer' } } }, 'dtmf.1.action'],
    ['a key null', { dtmf: { '1': null } }, 'dtmf.1'],
    ['dtmf as a list', { dtmf: [] }, 'dtmf'],
    ['a webhook key without url', { dtmf: { '1': { action: 'webhook' } } }, 'dtmf.1.url'],
    ['a webhook key with a bad url', { dtmf: { '#': { action: 'webhook', url: 'x' } } }, 'dtmf.#.url'],
    ['a webhook key with a file', { dtmf: { '1': { action: 'webhook', url: 'file:///etc/passwd' } } }, 'dtmf.1.url'],
    ['a url for a key that posts nothing', { dtmf: { '9': { ...webhook, action: 'optout' } } }, 'dtmf.9.url'],
    ['then for a key that hangs up', { dtmf: { '9': { action: 'hangup', then: 'repeat' } } }, 'dtmf.9.then'],
    ['an unknown then', { dtmf: { '1': { ...webhook, then: 'dance' } } }, 'dtmf.1.then'],
    ['an empty say', { dtmf: { '1': { ...webhook, say: ' ' } } }, 'dtmf.1.say'],
    ['a long say', { dtmf: { '1': { ...webhook, say: 'a'.repeat(501) } } }, 'dtmf.1.say'],
    ['an unknown field of a key', { dtmf: { '1': { ...webhook, after: 'x' } } }, 'dtmf.1.after'],
    ['webhook_url that is none', { webhook_url: 'not a url' }, 'webhook_url'],
    ['webhook_url of another scheme', { webhook_url: 'ftp://example.com/' }, 'webhook_url'],
    ['webhook_url with a password', { webhook_url: 'https://a:b@example.com/' }, 'webhook_url'],
    ['webhook_url too long', { webhook_url: `https://example.com/${'a'.repeat(2048)}` }, 'webhook_url'],
    ['audio_url that is none', { message: undefined, audio_url: 'a.wav' }, 'audio_url'],
    ['schedule_at that is no time', { schedule_at: 'tomorrow' }, 'schedule_at'],
    ['schedule_at without offset', { schedule_at: '2026-12-01T15:00:00' }, 'schedule_at'],
    ['schedule_at on no day of the calendar', { schedule_at: '2026-13-01T15:00:00Z' }, 'schedule_at'],
    ['schedule_at in the past', { schedule_at: '2020-01-01T00:00:00Z' }, 'schedule_at'],
    ['schedule_at far away', { schedule_at: '2099-01-01T00:00:00Z' }, 'schedule_at'],
    ['schedule_at as a number', { schedule_at: 1764601200 }, 'schedule_at'],
    ['ring_timeout_seconds "5"', { ring_timeout_seconds: '5' }, 'ring_timeout_seconds'],
    ['ring_timeout_seconds 4', { ring_timeout_seconds: 4 }, 'ring_timeout_seconds'],
    ['ring_timeout_seconds 121', { ring_timeout_seconds: 121 }, 'ring_timeout_seconds'],
    ['ring_timeout_seconds 30.5', { ring_timeout_seconds: 30.5 }, 'ring_timeout_seconds'],
    ['max_duration_seconds 0', { max_duration_seconds: 0 }, 'max_duration_seconds'],
    ['max_duration_seconds null', { max_duration_seconds: null }, 'max_duration_seconds'],
    ['record "true"', { record: 'true' }, 'record'],
    ['metadata as a list', { metadata: [1] }, 'metadata'],
    ['metadata as a text', { metadata: 'x' }, 'metadata'],
    ['metadata too large', { metadata: { a: 'x'.repeat(4096) } }, 'metadata'],
    ['an unknown field', { mesage: 'Hello.' }, 'mesage'],
  ];
  test.each(fields)('%s', async (_what, change, field) => {
    await refuses(() => ask('POST', '/calls', { body: { ...GOOD, ...change } }), 400, 'invalid_request', field);
  });

  const bodies: [what: string, body: string | undefined, code: string, status?: number][] = [
    ['no body', undefined, 'invalid_request'],
    ['null', 'null', 'invalid_request'],
    ['a list', `[${JSON.stringify(GOOD)}]`, 'invalid_request'],
    ['a text', '"call"', 'invalid_request'],
    ['half a body', '{"to":', 'malformed_body'],
    ['a body with a trailing comma', '{"to":"+12125550100",}', 'malformed_body'],
    ['NUL in the message', JSON.stringify({ ...GOOD, message: 'a\0b' }), 'malformed_body'],
    ['metadata without bottom', `{"metadata":{"a":${deep(100)}}}`, 'malformed_body'],
    ['more than a batch may have', JSON.stringify({ ...GOOD, message: 'a'.repeat(20_000_000) }), 'body_too_large', 413],
  ];
  test.each(bodies)('%s', async (_what, body, code, status = 400) => {
    await refuses(() => ask('POST', '/calls', body === undefined ? {} : { body }), status, code);
  });

  test('a body that is not JSON by its type', async () => {
    const headers = { 'content-type': 'text/plain' };
    const request = () => ask('POST', '/calls', { body: JSON.stringify(GOOD), headers });
    await refuses(request, 400, 'unsupported_media_type');
  });

  test('a sender that is not ours, and says how to add one', async () => {
    const request = () => ask('POST', '/calls', { body: { ...GOOD, from: '+12125550199' } });
    const reply = await refuses(request, 400, 'sender_not_owned', 'from');
    expect(JSON.stringify(reply.body)).toContain('sidetone numbers add +12125550199');
  });

  test('a sender of the other mode', async () => {
    const number = '+12125550142';
    await addNumber(world.core, { accountId: world.account.id, mode: 'live', number, actor: 'test' });
    await refuses(() => ask('POST', '/calls', { body: { ...GOOD, from: number } }), 400, 'sender_not_owned', 'from');
  });

  test.each([
    ['another country', '+442071234567'],
    ['a premium range', '+19005550100'],
  ])('a destination in %s', async (_what, to) => {
    await refuses(() => ask('POST', '/calls', { body: { ...GOOD, to } }), 403, 'destination_not_allowed', 'to');
  });

  test('an Idempotency-Key that is too long', async () => {
    const request = () => ask('POST', '/calls', { body: GOOD, headers: { 'idempotency-key': 'k'.repeat(256) } });
    await refuses(request, 400, 'idempotency_key_invalid', 'Idempotency-Key');
  });
});

describe('POST /calls takes', () => {
  test.each([
    ['numbers as variables', { message: '{N} times', variables: { N: 3 } }, 'message', '3 times'],
    ['no variables for braces that are no field', { message: 'a {1} {} b' }, 'message', 'a {1} {} b'],
    ['the lesser voice, and says so', { voice: 'en-US-Neural-F' }, 'voice', 'en-US-Neural-F'],
    ['every key', { dtmf: { '0': { action: 'repeat' }, '*': { action: 'hangup' } } }, 'status', 'queued'],
    ['no keys at all', { dtmf: {} }, 'status', 'queued'],
    ['metadata, as it is', { metadata: { order: [1, { a: null }] } }, 'metadata', { order: [1, { a: null }] }],
  ])('%s', async (_what, more, field, value) => {
    // Held until it has been looked at.
    const schedule_at = new Date(world.clock.now() + 3_600_000).toISOString();
    const id = await place({ ...more, schedule_at });
    expect((await ask('GET', `/calls/${id}`)).body).toMatchObject({ [field]: value });
    expect((await ask('POST', `/calls/${id}/cancel`)).status).toBe(200);
  });
});

describe('keys and limits', () => {
  const routes: [method: string, path: string, scope: string][] = [
    ['POST', '/calls', 'calls:write'],
    ['GET', '/calls', 'calls:read'],
    ['GET', '/calls/cal_none', 'calls:read'],
    ['POST', '/calls/cal_none/cancel', 'calls:write'],
    ['GET', '/calls/cal_none/recording', 'calls:read'],
    ['DELETE', '/calls/cal_none/recording', 'calls:write'],
    ['GET', '/webhook_deliveries', 'webhooks:read'],
    ['GET', '/webhook_deliveries/dlv_none', 'webhooks:read'],
    ['POST', '/webhook_deliveries/dlv_none/replay', 'webhooks:write'],
    ['POST', '/webhook_deliveries/replay', 'webhooks:write'],
    ['GET', '/limits', 'limits:read'],
  ];
  test.each(routes)('%s %s needs a key with %s', async (method, path, scope) => {
    const body = method === 'POST' ? { body: GOOD } : {};
    await refuses(() => ask(method, path, { ...body, key: null }), 401, 'unauthorized');
    await refuses(() => ask(method, path, { ...body, key: 'st_live_nobody' }), 401, 'unauthorized');
    const others = routes.map(([, , other]) => other).filter((other) => other !== scope);
    const input = { accountId: world.account.id, mode: 'test' as const, actor: 'test' };
    const { secret: weak } = await createKey(world.core, { ...input, scopes: [...new Set(others)] });
    const reply = await refuses(() => ask(method, path, { ...body, key: weak }), 403, 'forbidden_scope');
    expect(JSON.stringify(reply.body)).toContain(scope);
    const { secret: enough } = await createKey(world.core, { ...input, scopes: [scope] });
    // A body that is no good for the route, so that nothing happens.
    const reached = await ask(method, path, { ...(method === 'POST' ? { body: { none: 1 } } : {}), key: enough });
    expect([200, 400, 404]).toContain(reached.status);
  });

  test.each([
    ['PUT', '/calls', 'GET, HEAD, POST'],
    ['DELETE', '/calls/cal_none', 'GET, HEAD'],
    ['GET', '/calls/cal_none/cancel', 'POST'],
    ['POST', '/calls/cal_none/recording', 'GET, HEAD, DELETE'],
    ['PATCH', '/webhook_deliveries', 'GET, HEAD'],
    ['POST', '/limits', 'GET, HEAD'],
  ])('%s %s is 405 and says what there is', async (method, path, allow) => {
    const reply = await refuses(() => ask(method, path), 405, 'method_not_allowed');
    expect(reply.headers['allow']).toBe(allow);
  });

  test('an address with nothing behind it is 404', async () => {
    await refuses(() => ask('GET', '/cals'), 404, 'not_found');
  });

  test('an account whose API is switched off is 403', async () => {
    const account = await createAccount(world.core, { name: 'Off', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: account.id, mode: 'test', actor: 'test' });
    await setApiAccess(
      { ...world.core, keyRing: world.platform.keyRing },
      { accountId: account.id, enabled: false, actor: 'test' },
    );
    await refuses(() => ask('GET', '/calls', { key: secret }), 403, 'api_disabled');
  });

  test('more requests than the account may make are 429 with Retry-After, for all its keys', async () => {
    const account = await createAccount(world.core, { name: 'Slow', actor: 'test' });
    const of = { accountId: account.id, actor: 'test' };
    const keys = [
      await createKey(world.core, { ...of, mode: 'test' }),
      await createKey(world.core, { ...of, mode: 'live' }),
    ];
    await setLimit(
      { ...world.core, keyRing: world.platform.keyRing },
      { ...of, name: 'outreach_requests_per_minute', value: 2 },
    );
    const get = (index: number) => world.request('GET', '/api/v1/limits', { key: keys[index]?.secret ?? '' });
    const first = await get(0);
    expect(first.body).toEqual({
      ...{ requests_per_minute: 2, verify_requests_per_minute: 600, phone_system_requests_per_minute: 120 },
      retention_days: { recordings: 30, voicemail: 30, bodies: 30, delivery_attempts: 30 },
      concurrent_calls: 100,
      calls_per_second: 10,
      incoming_calls: 20,
      phone_calls: 50,
      messages_per_minute: 600,
      mode: 'test',
      stage: 'production',
    });
    expect(first.headers).toMatchObject({ 'ratelimit-policy': '"default";q=2;w=60', ratelimit: '"default";r=1;t=60' });
    expect(await get(1)).toMatchObject({ status: 200, body: { mode: 'live' } });
    const refused = await refuses(() => get(0), 429, 'rate_limited');
    expect(refused.headers).toMatchObject({ 'retry-after': '60' });
    await pass(60_000);
    expect((await get(0)).status).toBe(200);
  });

  test('another account sees nothing of ours', async () => {
    const id = await place();
    const account = await createAccount(world.core, { name: 'Other', actor: 'test' });
    const { secret: key } = await createKey(world.core, { accountId: account.id, mode: 'test', actor: 'test' });
    await refuses(() => ask('GET', `/calls/${id}`, { key }), 404, 'not_found');
    await refuses(() => ask('POST', `/calls/${id}/cancel`, { key }), 404, 'not_found');
    expect((await ask('GET', '/calls', { key })).body).toEqual({ calls: [], next_cursor: null });
    await refuses(() => ask('POST', '/calls', { key, body: GOOD }), 400, 'sender_not_owned', 'from');
  });
});

describe('one call', () => {
  test.each([
    ['GET', '/calls/cal_none'],
    ['POST', '/calls/cal_none/cancel'],
    ['GET', '/calls/cal_none/recording'],
    ['DELETE', '/calls/cal_none/recording'],
    ['GET', '/webhook_deliveries/dlv_none'],
    ['POST', '/webhook_deliveries/dlv_none/replay'],
  ])('%s %s that is not there is 404', async (method, path) => {
    await refuses(() => ask(method, path), 404, 'not_found');
  });

  test('that has ended cannot be canceled', async () => {
    const id = await place({ to: '+15005550020' });
    await ended(id);
    await refuses(() => ask('POST', `/calls/${id}/cancel`), 409, 'call_already_ended');
  });

  test('that waits is canceled once, with one event', async () => {
    const schedule_at = new Date(world.clock.now() + 3_600_000).toISOString();
    const id = await place({ schedule_at, webhook_url: `${receiver.url}/canceled`, metadata: { order: 7 } });
    expect(await ask('POST', `/calls/${id}/cancel`)).toMatchObject({ status: 200, body: { status: 'canceled' } });
    await world.run(1000);
    expect(receiver.received.filter(({ path }) => path === '/canceled').map(({ body }) => body)).toEqual([
      {
        event: 'call.canceled',
        call_id: id,
        to: GOOD.to,
        from: GOOD.from,
        status: 'canceled',
        duration_seconds: 0,
        dtmf_response: null,
        digits: '',
        amd_result: 'unknown',
        voicemail: null,
        machine_detection: [],
        quality: null,
        attempts: 0,
        error: { code: 'canceled', message: 'The call was canceled on request.' },
        sip_code: null,
        campaign_id: null,
        metadata: { order: 7 },
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      },
    ]);
  });
});

describe('lists', () => {
  test.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['status=gone', 'status'],
    ['created_after=yesterday', 'created_after'],
    ['created_before=2026-03-02', 'created_before'],
    ['pages=2', 'pages'],
  ])('GET /calls?%s is refused', async (query, field) => {
    await refuses(() => ask('GET', `/calls?${query}`), 400, 'invalid_request', field);
  });

  test.each(['limit=0', 'status=queued', 'page=2'])('GET /webhook_deliveries?%s is refused', async (query) => {
    await refuses(() => ask('GET', `/webhook_deliveries?${query}`), 400, 'invalid_request', query.split('=')[0]);
  });

  test('of calls go page by page, the newest first, each call once', async () => {
    const account = await createAccount(world.core, { name: 'Lister', actor: 'test' });
    const of = { accountId: account.id, mode: 'test' as const, actor: 'test' };
    const { secret: key } = await createKey(world.core, of);
    await addNumber(world.core, { ...of, number: SANDBOX_NUMBER });
    const placed: string[] = [];
    const times: string[] = [];
    for (const to of ['+15005550020', '+15005550021', '+15005550020', '+15005550022', '+15005550020']) {
      placed.unshift(await place({ to }, { key }));
      times.unshift(new Date(world.clock.now()).toISOString());
      await pass(1);
    }
    const list = async (query: string) => (await ask('GET', `/calls?${query}`, { key })).body;
    const idsOf = (body: Record<string, unknown>) =>
      (body['calls'] as { call_id: string }[]).map((call) => call.call_id);

    const pages: string[][] = [];
    for (let query = 'limit=2'; query !== '';) {
      const page = await list(query);
      pages.push(idsOf(page));
      query = typeof page['next_cursor'] === 'string' ? `limit=2&cursor=${page['next_cursor']}` : '';
    }
    expect(pages).toEqual([placed.slice(0, 2), placed.slice(2, 4), placed.slice(4)]);
    expect(idsOf(await list(`to=${encodeURIComponent('+15005550020')}`))).toEqual([placed[0], placed[2], placed[4]]);
    expect(idsOf(await list(`from=${encodeURIComponent('+12125550100')}`))).toEqual([]);
    expect(idsOf(await list(`created_after=${times[1] ?? ''}`))).toEqual(placed.slice(0, 2));
    expect(idsOf(await list(`created_before=${times[1] ?? ''}`))).toEqual(placed.slice(2));
    await world.run(120_000);
    expect(idsOf(await list('status=busy'))).toEqual([placed[0], placed[2], placed[4]]);
    expect(idsOf(await list('status=no_answer'))).toEqual([placed[1]]);
    expect(idsOf(await list('status=queued'))).toEqual([]);
  });
});

describe('an Idempotency-Key', () => {
  const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

  test('makes a repeated request one call with one reply', async () => {
    const first = await ask('POST', '/calls', { body: GOOD, ...keyed('again') });
    const rows = await rowsWritten();
    const second = await ask('POST', '/calls', { body: GOOD, ...keyed('again') });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect([first.headers['idempotency-replayed'], second.headers['idempotency-replayed']]).toEqual([
      undefined,
      'true',
    ]);
    expect((rows as { calls: number }).calls).toBe(((await rowsWritten()) as { calls: number }).calls);
  });

  test('with another body is 400', async () => {
    await ask('POST', '/calls', { body: GOOD, ...keyed('mixed') });
    const other = () => ask('POST', '/calls', { body: { ...GOOD, message: 'Another.' }, ...keyed('mixed') });
    await refuses(other, 400, 'idempotency_mismatch');
  });

  test('is of its mode: the other key makes a call of its own', async () => {
    const test = await ask('POST', '/calls', { body: GOOD, ...keyed('modes') });
    const live = await ask('POST', '/calls', { body: GOOD, ...keyed('modes'), key: world.keys.live });
    expect([test.status, live.status]).toEqual([201, 201]);
    expect(live.body['call_id']).not.toBe(test.body['call_id']);
  });

  test('keeps a refusal of the work, and forgets everything after a day', async () => {
    const body = { ...GOOD, from: '+12125550177' };
    const first = await ask('POST', '/calls', { body, ...keyed('refused') });
    const number = { accountId: world.account.id, mode: 'test' as const, number: body.from, actor: 'test' };
    await addNumber(world.core, number);
    const second = await ask('POST', '/calls', { body, ...keyed('refused') });
    expect([first.status, second.status]).toEqual([400, 400]);
    expect(second.body).toEqual(first.body);
    await pass(86_400_000);
    expect((await ask('POST', '/calls', { body, ...keyed('refused') })).status).toBe(201);
  });

  test('of a request that is being worked on is 409; both make one call', async () => {
    const { db, clock } = world.core;
    const request = () =>
      world.request('POST', '/api/v1/calls', { body: { ...GOOD, to: '+12125550111' }, ...keyed('at once') });
    // The first request meets this row under its key and stays where it is until the row is gone.
    const inTheWay = await db.startTransaction().execute();
    await inTheWay
      .insertInto('idempotency_keys')
      .values({
        ...{ account_id: world.account.id, mode: 'test', route: 'POST /api/v1/calls', key: 'at once' },
        ...{ body_hash: Buffer.alloc(32), status: 201, reply: '', created_at: new Date(clock.now()) },
      })
      .execute();
    const pending = request();
    await eventually(async () => {
      const { rows } = await sql`
        select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
      expect(rows).toHaveLength(1);
    });
    const second = await request();
    await inTheWay.rollback().execute();
    expect(second).toMatchObject({ status: 409, body: { error: { code: 'idempotency_in_flight' } } });
    expect(second.headers['retry-after']).toBe('1');
    const first = await pending;
    expect(first.status).toBe(201);
    expect((await request()).body).toEqual(first.body);
    const listed = await ask('GET', `/calls?to=${encodeURIComponent('+12125550111')}`);
    expect(listed.body['calls']).toHaveLength(1);
  });
});
