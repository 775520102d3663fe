import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { verifyDoor } from '#apis/verify/index.js';
import { createAccount, createKey, setApiAccess, setLimit, type Scope } from '#core/accounts/index.js';
import { addNumber } from '#core/numbers/index.js';
import { clientOptions } from '#storage/connection.js';
import { createHttpWorld } from './http-world.js';
import { HeldClock } from '../held-clock.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type RequestOptions, type World } from '../world.js';

/** What holds for the whole Verify door: its frame, its statuses, its scopes. Each resource has a table of its own. */
let world: World;
let document: Document;

interface Operation {
  description?: string;
  security?: object[];
  requestBody?: unknown;
  parameters?: { name: string; in: string }[];
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, unknown>;
}

beforeAll(async () => {
  world = await openWorld();
  document = (await world.request('GET', '/api/openapi.json', { key: null })).body as unknown as Document;
});
afterAll(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
});
// These tables are not about limits.
beforeEach(() => {
  if (world.clock instanceof HeldClock) world.clock.advance(60_000);
});

const ask = (method: string, path: string, options: RequestOptions = {}): Promise<Reply> =>
  world.request(method, `/v1${path}`, options);

function refused(reply: Reply, status: number, code: string, message: RegExp): void {
  const error = { code, message: expect.stringMatching(message) as string };
  expect({ status: reply.status, body: reply.body }).toEqual({ status, body: { error } });
  expect(reply.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8' });
}

async function keyOf(scopes: Scope[]): Promise<string> {
  const input = { accountId: world.account.id, mode: 'test', actor: 'test', scopes } as const;
  return (await createKey(world.core, input)).secret;
}

/** Every operation of the document that needs a key, with something in place of its parameters. */
function operations(): { method: string; path: string; scope: string | undefined; body: boolean }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security?.length !== 0)
      .map(([method, { description = '', requestBody }]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, 'none_such'),
        scope: /Scope: `([\w:-]+)`\./.exec(description)?.[1],
        body: requestBody !== undefined,
      })),
  );
}

describe('GET /v1', () => {
  test('says what there is, to everybody', async () => {
    const reply = await ask('GET', '', { key: null });
    expect(reply.status).toBe(200);
    expect(reply.headers['access-control-allow-origin']).toBe('*');
    const inDocument = Object.keys(document.paths).map((path) => path.split('/')[2] ?? '');
    expect(reply.body).toEqual({
      name: 'Sidetone Verify API',
      version: 'v1',
      docs: 'http://127.0.0.1:8080/docs',
      resources: [...new Set(inDocument)].filter((name) => name !== '').sort(),
      auth: 'Authorization: Bearer YOUR_API_KEY',
    });
    expect(reply.body['resources']).toEqual(expect.arrayContaining(['numbers', 'users', 'webhook_endpoints']));
  });

  test('the document may be read from anywhere, at both its addresses', async () => {
    const reply = await world.request('GET', '/api/openapi.json', { key: null });
    expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([200, '*']);
    expect((await world.request('GET', '/docs/verify.json', { key: null })).body).toEqual(reply.body);
    expect(Object.keys(document.webhooks)).toEqual(
      expect.arrayContaining(['otp.completed', 'integration call.missed']),
    );
  });
});

describe('every operation', () => {
  test('needs a key, and takes it in both headers', async () => {
    for (const { method, path } of operations()) {
      const without = await world.request(method, path, { key: null });
      refused(without, 401, 'unauthorized', /key/i);
      expect(without.headers['access-control-allow-origin']).toBeUndefined();
      const bad = await world.request(method, path, { key: null, headers: { 'x-api-key': 'tlr_live_xxx' } });
      refused(bad, 401, 'unauthorized', /key/i);
    }
    const reply = await ask('GET', '/numbers', { key: null, headers: { 'x-api-key': world.keys.test } });
    expect(reply.status).toBe(200);
  });

  test('has a scope, without which it is forbidden by name', async () => {
    const none = await keyOf(['limits:read']);
    // What every good key may read, for it says nothing of the account.
    expect(operations().flatMap(({ path, scope }) => (scope === undefined ? [path] : []))).toEqual(['/v1/voices']);
    for (const { method, path, scope } of operations()) {
      if (scope === undefined) continue;
      const reply = await world.request(method, path, { key: none });
      refused(reply, 403, 'forbidden', new RegExp(`${scope}`));
    }
  });

  test('is open to a key with its scope alone', async () => {
    for (const { method, path, scope } of operations()) {
      if (world.clock instanceof HeldClock) world.clock.advance(1000);
      const key = await keyOf([(scope ?? 'limits:read') as Scope]);
      const reply = await world.request(method, path, { key, body: method === 'GET' ? undefined : {} });
      expect([method, path, reply.status === 401 || reply.status === 403]).toEqual([method, path, false]);
    }
  });

  test('with the id of nothing, or of nothing that is ours, finds nothing', async () => {
    for (const { method, path } of operations()) {
      if (method !== 'GET' || !path.includes('none_such')) continue;
      refused(await world.request(method, path), 404, 'not_found', /none_such|nothing/i);
    }
  });

  test('has no field that is not known', async () => {
    for (const { method, path, body } of operations()) {
      if (!body || path.includes('/transcriptions')) continue;
      const reply = await world.request(method, path, { body: { no_such_field: 1 } });
      expect([method, path, reply.status]).toEqual([method, path, 400]);
    }
  });
});

describe('statuses that are the same everywhere', () => {
  test.each([
    ['400 for a body that is not JSON', 400, 'invalid', () => ask('POST', '/users', { body: '{"name":' })],
    ['400 for a body that is no object', 400, 'invalid', () => ask('POST', '/users', { body: '7' })],
    ['400 naming the field', 400, 'invalid', () => ask('POST', '/users', { body: { name: 'Ann', role: 'king' } })],
    ['400 for a missing field', 400, 'invalid', () => ask('POST', '/users', { body: {} })],
    ['400 for a bad Idempotency-Key', 400, 'invalid', () => idempotent('\u00e9')],
    ['404 for what there is not', 404, 'not_found', () => ask('GET', '/nothing')],
    ['404 for an id of nothing', 404, 'not_found', () => ask('GET', '/users/usr_none')],
    ['405 for a wrong method', 405, 'method_not_allowed', () => ask('PUT', '/users')],
    [
      '413 for a large body',
      413,
      'body_too_large',
      () => ask('POST', '/users', { body: { name: 'a'.repeat(1 << 20) } }),
    ],
    [
      '415 for another type',
      415,
      'unsupported_media_type',
      () =>
        ask('POST', '/users', { body: 'name=Ann', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    ],
  ])('%s', async (_what, status, code, request) => {
    refused(await request(), status, code, /^\S.*\S$/s);
  });

  function idempotent(key: string, name = 'Ann'): Promise<Reply> {
    return ask('POST', '/users', { body: { name }, headers: { 'idempotency-key': key } });
  }

  test('405 says which methods there are', async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const reply = await world.request('PUT', path.replaceAll(/\{\w+\}/g, 'x'), { body: {} });
      refused(reply, 405, 'method_not_allowed', /^PUT is not possible here/);
      const allowed = String(reply.headers['allow']).split(', ');
      expect(allowed.filter((name) => name !== 'HEAD').sort()).toEqual(
        Object.keys(methods)
          .map((name) => name.toUpperCase())
          .sort(),
      );
    }
  });

  test('400 names the field in its message', async () => {
    refused(await ask('POST', '/users', { body: { name: 5 } }), 400, 'invalid', /^name: /);
    refused(await ask('GET', '/users?limit=x'), 400, 'invalid', /^limit: /);
    refused(await ask('GET', '/users?nothing=1'), 400, 'invalid', /^nothing: /);
  });

  test('409 for what exists, 200 and 201 for what is done', async () => {
    const body = { url: 'https://example.com/hook', events: ['otp.verified'] };
    const made = await ask('POST', '/webhook_endpoints', { body });
    expect([made.status, made.body['object'], made.body['livemode'], made.body['simulated']]).toEqual([
      201,
      'webhook_endpoint',
      false,
      true,
    ]);
    refused(await ask('POST', '/webhook_endpoints', { body }), 409, 'exists', /^url: /);
    const otherwise = { ...body, url: body.url.replace('https://', 'HTTPS://').replace('http://', 'HTTP://') };
    refused(await ask('POST', '/webhook_endpoints', { body: otherwise }), 409, 'exists', /^url: /);
    const list = await ask('GET', '/webhook_endpoints');
    expect([list.status, list.body['object']]).toEqual([200, 'list']);
    expect(Object.keys(list.body)).toEqual(['object', 'data']);
  });

  test('422 for an Idempotency-Key of another request, the same reply for the same', async () => {
    const first = await idempotent('user-1', 'Idem');
    expect(first.status).toBe(201);
    expect((await idempotent('user-1', 'Idem')).body).toEqual(first.body);
    refused(await idempotent('user-1', 'Other'), 422, 'idempotency_mismatch', /Idempotency-Key/);
  });

  test('429 for more than the key’s limit, with how long to wait', async () => {
    const account = await createAccount(world.core, { name: 'Hasty', actor: 'test' });
    const set = { accountId: account.id, actor: 'test', name: 'verify_requests_per_minute', value: 2 };
    await setLimit({ ...world.core, keyRing: world.platform.keyRing }, set);
    const key = (await createKey(world.core, { accountId: account.id, mode: 'test', actor: 'test' })).secret;
    expect([(await ask('GET', '/numbers', { key })).status, (await ask('GET', '/numbers', { key })).status]).toEqual([
      200, 200,
    ]);
    const reply = await ask('GET', '/numbers', { key });
    refused(reply, 429, 'rate_limited', /Try again in \d+s\.$/);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    // Per key, not per account.
    const other = (await createKey(world.core, { accountId: account.id, mode: 'test', actor: 'test' })).secret;
    expect((await ask('GET', '/numbers', { key: other })).status).toBe(200);
  });

  test('403 while the API is off for the account', async () => {
    const account = await createAccount(world.core, { name: 'Shut', actor: 'test' });
    const key = (await createKey(world.core, { accountId: account.id, mode: 'test', actor: 'test' })).secret;
    await setApiAccess(
      { ...world.core, keyRing: world.platform.keyRing },
      { accountId: account.id, enabled: false, actor: 'test' },
    );
    refused(await ask('GET', '/numbers', { key }), 403, 'forbidden', /\S/);
  });
});

describe('GET /v1/numbers', () => {
  test('lists the numbers of the account and mode', async () => {
    const account = await createAccount(world.core, { name: 'Numbers', actor: 'test' });
    const owner = { accountId: account.id, actor: 'test' };
    const keys = {
      live: (await createKey(world.core, { ...owner, mode: 'live' })).secret,
      test: (await createKey(world.core, { ...owner, mode: 'test' })).secret,
    };
    await addNumber(world.core, { ...owner, mode: 'test', number: SANDBOX_NUMBER });
    if (world.clock instanceof HeldClock) world.clock.advance(1000);
    await addNumber(world.core, { ...owner, mode: 'test', number: '+12125550111' });
    await addNumber(world.core, { ...owner, mode: 'live', number: '+4930123456' });
    const unknown = {
      name: null,
      type: null,
      location: null,
      user: null,
      user_name: null,
      group: null,
      group_name: null,
    };
    const simulated = {
      object: 'number',
      livemode: false,
      simulated: true,
      status: 'active',
      disabled: false,
      ...unknown,
    };
    expect((await ask('GET', '/numbers', { key: keys.test })).body).toEqual({
      object: 'list',
      data: [
        { ...simulated, telnum: '+12125550111', region: 'US', is_main_phone: false },
        { ...simulated, telnum: SANDBOX_NUMBER, region: null, is_main_phone: true },
      ],
    });
    expect((await ask('GET', '/numbers', { key: keys.live })).body).toMatchObject({
      data: [{ telnum: '+4930123456', region: 'DE', is_main_phone: true, livemode: true }],
    });
  });
});

describe('an object', () => {
  test('of another account or mode is not there, whatever is asked of it', async () => {
    const made = await ask('POST', '/webhook_endpoints', {
      body: { url: 'https://example.com/mine', events: ['otp.verified'] },
    });
    const stranger = await createAccount(world.core, { name: 'Stranger', actor: 'test' });
    const key = (await createKey(world.core, { accountId: stranger.id, mode: 'test', actor: 'test' })).secret;
    const at = `/webhook_endpoints/${String(made.body['id'])}`;
    for (const other of [key, world.keys.live]) {
      for (const [method, path, body] of [
        ['GET', at, undefined],
        ['PATCH', at, { enabled: false }],
        ['DELETE', at, undefined],
        ['POST', `${at}/roll_secret`, undefined],
        ['POST', `${at}/test`, {}],
      ] as const) {
        refused(await ask(method, path, { key: other, body }), 404, 'not_found', /There is no webhook endpoint/);
      }
    }
    expect((await ask('GET', at)).status).toBe(200);
  });
});

describe('while the database is away', () => {
  test('everything that needs it is 503, and works again when it is back', async () => {
    const small = await createHttpWorld();
    const server = await small.serve({ doors: [verifyDoor] });
    const key = await small.key();
    const numbers = async () => {
      small.clock.advance(1000);
      return server.app.inject({ url: '/v1/numbers', headers: { authorization: `Bearer ${key}` } });
    };
    expect((await numbers()).statusCode).toBe(200);
    const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(small.core.db);
    const name = rows[0]?.name ?? '';
    const admin = new pg.Client(clientOptions(inject('testServer')));
    await admin.connect();
    try {
      await admin.query(`alter database "${name}" with allow_connections false`);
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      for (let times = 0; times < 3; times++) {
        const reply = await numbers();
        expect([reply.statusCode, reply.headers['retry-after']]).toEqual([503, '5']);
        const message = 'The database does not answer; try again in a moment.';
        expect(reply.json()).toEqual({ error: { code: 'service_unavailable', message } });
      }
      expect((await server.app.inject({ url: '/v1' })).statusCode).toBe(200);
    } finally {
      await admin.query(`alter database "${name}" with allow_connections true`);
      await admin.end();
    }
    expect((await numbers()).statusCode).toBe(200);
    await small.close();
  });
});
