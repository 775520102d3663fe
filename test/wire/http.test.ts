import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpServer } from '#apis/http/index.js';
import { revokeKey, rollKey, setApiAccess, listKeys } from '#core/accounts/index.js';
import { createHttpWorld, operatorDoor, thingDoor, type HttpWorld } from './http-world.js';

let world: HttpWorld;
let server: HttpServer;
let key: string;
const THINGS = '/api/things/v1/things';

beforeAll(async () => {
  world = await createHttpWorld();
  server = await world.serve({ doors: [thingDoor(), operatorDoor('let-me-in')] });
  key = await world.key();
});
afterAll(() => world.close());

interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'HEAD';
  url?: string;
  body?: string | object | undefined;
  headers?: Record<string, string>;
  key?: string | null;
}

async function ask({ method = 'POST', url = THINGS, body, headers = {}, key: presented = key }: Ask) {
  // A minute later: these tables are not about limits.
  world.clock.advance(60_000);
  const reply = await server.app.inject({
    method,
    url,
    headers: { ...(presented === null ? {} : { authorization: `Bearer ${presented}` }), ...headers },
    ...(body === undefined ? {} : { payload: body }),
  });
  return {
    status: reply.statusCode,
    headers: reply.headers,
    body: reply.body === '' ? undefined : reply.json<Record<string, unknown>>(),
  };
}

const json = { 'content-type': 'application/json' };

describe('what is refused', () => {
  const table: [name: string, ask: Ask, status: number, code: string, field?: string][] = [
    ['no key', { key: null, body: { name: 'a' } }, 401, 'unauthorized'],
    ['a bad key', { key: 'st_live_nonsense', body: { name: 'a' } }, 401, 'unauthorized'],
    ['no key and a body that is not JSON', { key: null, body: '{', headers: json }, 401, 'unauthorized'],
    ['an unknown address', { url: '/api/things/v1/nothing' }, 404, 'not_found'],
    ['an unknown address without a key', { url: '/api/things/v1/nothing', key: null }, 404, 'not_found'],
    ['a wrong method', { method: 'PUT', body: { name: 'a' } }, 405, 'method_not_allowed'],
    [
      'a wrong method with a body of any type',
      { method: 'PATCH', body: 'x', headers: { 'content-type': 'text/x' } },
      405,
      'method_not_allowed',
    ],
    ['OPTIONS', { method: 'OPTIONS', key: null }, 405, 'method_not_allowed'],
    ['a broken address', { url: '/api/things/v1/things/%zz/touch' }, 400, 'bad_url'],
    ['NUL in the address', { url: '/api/things/v1/things/a%00b/touch' }, 400, 'malformed_body'],
    ['a parameter too long', { url: `/api/things/v1/things/${'a'.repeat(300)}/touch` }, 404, 'not_found'],
    ['too large a body', { body: { name: 'a'.repeat(1024 * 1024) } }, 413, 'body_too_large'],
    [
      'a form',
      { body: 'name=a', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
    ['plain text', { body: '{"name":"a"}', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
    ['no body', {}, 400, 'invalid_input'],
    ['an empty JSON body', { body: '', headers: json }, 400, 'invalid_input'],
    ['null', { body: 'null', headers: json }, 400, 'invalid_input'],
    ['a number', { body: '5', headers: json }, 400, 'invalid_input'],
    ['a string', { body: '"5"', headers: json }, 400, 'invalid_input'],
    ['a list', { body: '[]', headers: json }, 400, 'invalid_input'],
    ['half a body', { body: '{"name":', headers: json }, 400, 'malformed_body'],
    ['__proto__', { body: '{"name":"a","__proto__":{}}', headers: json }, 400, 'malformed_body'],
    ['a field missing', { body: {} }, 400, 'invalid_input', 'name'],
    ['a field null', { body: { name: null } }, 400, 'invalid_input', 'name'],
    ['a number for a text', { body: { name: 5 } }, 400, 'invalid_input', 'name'],
    ['a text for a number', { body: { name: 'a', count: '5' } }, 400, 'invalid_input', 'count'],
    ['an unknown field', { body: { name: 'a', nmae: 'b' } }, 400, 'invalid_input', 'nmae'],
    [
      'an unknown field inside',
      { body: { name: 'a', deep: { inside: true, out: 1 } } },
      400,
      'invalid_input',
      'deep.out',
    ],
    ['a wrong type inside', { body: { name: 'a', deep: { inside: 1 } } }, 400, 'invalid_input', 'deep.inside'],
    ['none of the alternatives', { body: { name: 'a', colour: 'green' } }, 400, 'invalid_input', 'colour'],
    [
      'a list without end',
      { body: JSON.stringify({ name: 'a', free: Array.from({ length: 160_000 }, () => 1) }), headers: json },
      400,
      'malformed_body',
    ],
    ['NUL in a text', { body: '{"name":"a\\u0000"}', headers: json }, 400, 'malformed_body'],
    ['half a surrogate pair', { body: '{"name":"a","free":["\\ud800"]}', headers: json }, 400, 'malformed_body'],
    [
      'a body without bottom',
      { body: `{"name":"a","free":${'['.repeat(5000)}${']'.repeat(5000)}}`, headers: json },
      400,
      'malformed_body',
    ],
    ['a query out of range', { method: 'GET', url: `${THINGS}?limit=51` }, 400, 'invalid_input', 'limit'],
    ['a query of another type', { method: 'GET', url: `${THINGS}?limit=many` }, 400, 'invalid_input', 'limit'],
    ['an unknown query parameter', { method: 'GET', url: `${THINGS}?lmit=5` }, 400, 'invalid_input', 'lmit'],
    ['a refusal of core', { body: { name: 'taken' } }, 409, 'thing_taken', 'name'],
    ['a refusal on a path', { method: 'DELETE', url: `${THINGS}/none` }, 404, 'no_such_thing'],
    [
      'an empty Idempotency-Key',
      { body: { name: 'a' }, headers: { 'idempotency-key': '' } },
      400,
      'idempotency_key_invalid',
      'Idempotency-Key',
    ],
    [
      'a long Idempotency-Key',
      { body: { name: 'a' }, headers: { 'idempotency-key': 'k'.repeat(256) } },
      400,
      'idempotency_key_invalid',
      'Idempotency-Key',
    ],
  ];
  it.each(table)('%s', async (_name, request, status, code, field) => {
    const reply = await ask(request);
    expect({ status: reply.status, body: reply.body }).toEqual({
      status,
      body: { oops: { code, text: expect.any(String) as string, ...(field === undefined ? {} : { field }) } },
    });
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(reply.headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('names what a reader needs', async () => {
    const text = async (body: object) => ((await ask({ body })).body?.['oops'] as { text: string }).text;
    expect(await text({})).toBe('The field "name" is missing.');
    expect(await text({ name: 'a', nmae: 1 })).toBe('There is no field "nmae" here.');
    expect(await text({ name: 'a', colour: 'green' })).toBe('The field "colour" must be "red" or "blue".');
    expect(await text({ name: 5 })).toBe('The field "name" must be of type string.');
  });

  it('says how to authenticate, and why a key was refused', async () => {
    expect((await ask({ key: null })).headers['www-authenticate']).toBe('Bearer realm="sidetone"');
    expect((await ask({ key: 'x' })).headers['www-authenticate']).toBe(
      'Bearer realm="sidetone", error="invalid_token"',
    );
  });

  it('says which methods there are', async () => {
    expect((await ask({ method: 'PUT' })).headers['allow']).toBe('GET, HEAD, POST');
    expect((await ask({ method: 'GET', url: `${THINGS}/a` })).headers['allow']).toBe('DELETE');
  });

  it('hides what is inside when something breaks, and logs it under the request id', async () => {
    for (const name of ['broken', 'unmapped']) {
      const reply = await ask({ body: { name }, headers: { 'x-request-id': `id-of-${name}` } });
      expect(reply.status).toBe(500);
      expect(reply.headers['x-request-id']).toBe(`id-of-${name}`);
      expect(JSON.stringify(reply.body)).not.toMatch(/hunter2|secret/);
      const line = world.logged.find(
        ({ details }) => 'err' in details && 'requestId' in details && details.requestId === `id-of-${name}`,
      );
      expect(line?.level).toBe('error');
    }
  });

  it('passes on how long to wait', async () => {
    const reply = await ask({ body: { name: 'busy' } });
    expect([reply.status, reply.headers['retry-after']]).toEqual([429, '7']);
  });

  it('does not take a request id that could break a log line', async () => {
    const reply = await ask({ method: 'GET', headers: { 'x-request-id': 'a b' } });
    expect(reply.headers['x-request-id']).toMatch(/^req_/);
  });

  it('answers in plain form outside the doors', async () => {
    const reply = await ask({ url: '/nowhere', headers: { 'x-request-id': 'r1' } });
    expect(reply.status).toBe(404);
    expect(reply.body).toEqual({
      error: { code: 'not_found', message: expect.any(String) as string, request_id: 'r1' },
    });
  });
});

describe('what is taken', () => {
  it('reads bodies as they are and queries as what they mean', async () => {
    expect((await ask({ body: { name: 'a', count: 5, free: { any: ['thing'] } } })).status).toBe(201);
    expect((await ask({ method: 'GET' })).body).toMatchObject({ limit: 10, newest: null });
    expect((await ask({ method: 'GET', url: `${THINGS}?limit=7&newest=true` })).body).toMatchObject({
      limit: 7,
      newest: true,
    });
  });

  it('takes no body where none is wanted, with or without a type', async () => {
    expect((await ask({ url: `${THINGS}/a%2Fb/touch` })).body).toEqual({ touched: 'a/b' });
    expect((await ask({ url: `${THINGS}/a/touch`, body: '', headers: json })).status).toBe(200);
    const gone = await ask({ method: 'DELETE', url: `${THINGS}/a` });
    expect([gone.status, gone.body]).toEqual([204, undefined]);
  });

  it('takes the key from the other header too, and the scheme in any case', async () => {
    expect((await ask({ method: 'GET', key: null, headers: { 'x-api-key': key } })).status).toBe(200);
    expect((await ask({ method: 'GET', key: null, headers: { authorization: `bearer ${key}` } })).status).toBe(200);
  });

  it('takes keys of every style', async () => {
    for (const style of ['sidetone', 'telroi', 'talkroute'] as const) {
      expect((await ask({ method: 'GET', key: await world.key({ style }) })).status).toBe(200);
    }
  });

  it('shows a test key test rows only', async () => {
    const test = await world.key({ mode: 'test' });
    await ask({ body: { name: 'of-test' }, key: test });
    await ask({ body: { name: 'of-live' } });
    const names = async (asking: string) => JSON.stringify((await ask({ method: 'GET', key: asking })).body);
    expect(await names(test)).toContain('of-test');
    expect(await names(test)).not.toContain('of-live');
    expect(await names(key)).not.toContain('of-test');
  });
});

describe('what a key may do', () => {
  it('is bounded by its scopes', async () => {
    const reader = await world.key({ scopes: ['numbers:read'] });
    expect((await ask({ method: 'GET', key: reader })).status).toBe(200);
    const refused = await ask({ body: { name: 'a' }, key: reader });
    expect([refused.status, refused.body?.['oops']]).toEqual([
      403,
      { code: 'forbidden_scope', text: 'The API key lacks the scope numbers:write.' },
    ]);
  });

  it('ends at once when it is revoked', async () => {
    const doomed = await world.key({ scopes: ['numbers:read', 'calls:read'] });
    expect((await ask({ method: 'GET', key: doomed })).status).toBe(200);
    const row = (await listKeys(world.core, world.account.id)).find(({ scopes }) => scopes.includes('calls:read'));
    await revokeKey(
      { ...world.core, keyRing: world.keyRing },
      { accountId: world.account.id, keyId: row?.id ?? '', actor: 'test' },
    );
    expect((await ask({ method: 'GET', key: doomed })).status).toBe(401);
  });

  it('goes on after a roll until the overlap is over', async () => {
    const old = await world.key({ scopes: ['numbers:read', 'messages:read'] });
    const row = (await listKeys(world.core, world.account.id)).find(({ scopes }) => scopes.includes('messages:read'));
    const input = { accountId: world.account.id, keyId: row?.id ?? '', actor: 'test' };
    const rolled = await rollKey({ ...world.core, keyRing: world.keyRing }, input);
    expect((await ask({ method: 'GET', key: old })).status).toBe(200);
    expect((await ask({ method: 'GET', key: rolled.secret })).status).toBe(200);
    world.clock.advance(86_400_000);
    expect((await ask({ method: 'GET', key: old })).status).toBe(401);
    expect((await ask({ method: 'GET', key: rolled.secret })).status).toBe(200);
  });

  it('is nothing while the API is switched off for the account', async () => {
    const admin = { ...world.core, keyRing: world.keyRing };
    await setApiAccess(admin, { accountId: world.account.id, enabled: false, actor: 'test' });
    const off = await ask({ method: 'GET' });
    expect([off.status, (off.body?.['oops'] as { code: string }).code]).toEqual([403, 'api_disabled']);
    await setApiAccess(admin, { accountId: world.account.id, enabled: true, actor: 'test' });
    expect((await ask({ method: 'GET' })).status).toBe(200);
  });
});

describe('the operator’s door', () => {
  it('opens to its token alone', async () => {
    expect((await ask({ url: '/operator/act', key: 'let-me-in' })).body).toEqual({ auth: null });
    expect((await ask({ url: '/operator/act', key })).status).toBe(401);
    expect((await ask({ url: '/operator/act', key: null })).status).toBe(401);
  });
});

describe('the log', () => {
  it('names the route of a request, never its address', async () => {
    await ask({ url: `${THINGS}/+12125550100/touch`, headers: { 'x-request-id': 'logged-1' } });
    const line = world.logged.find(({ details }) => 'requestId' in details && details.requestId === 'logged-1');
    expect(line?.details).toMatchObject({ method: 'POST', route: '/api/things/v1/things/:id/touch', status: 200 });
    expect(JSON.stringify(line)).not.toContain('2125550100');
  });
});

describe('closing', () => {
  it('finishes the request it works on, and ends', async () => {
    let enter: () => void = () => undefined;
    let leave: () => void = () => undefined;
    const entered = new Promise<void>((resolve) => (enter = resolve));
    const left = new Promise<void>((resolve) => (leave = resolve));
    const busy = await world.serve({
      doors: [
        thingDoor({
          async whileAdding() {
            enter();
            await left;
          },
        }),
      ],
    });
    const { port } = await busy.listen();
    const idle = connect(port, '127.0.0.1');
    const reply = fetch(`http://127.0.0.1:${port}${THINGS}`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${key}` },
      body: JSON.stringify({ name: 'last' }),
    });
    await entered;
    const closed = busy.close();
    leave();
    expect((await reply).status).toBe(201);
    await closed;
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    idle.destroy();
  });

  it('tells replies that would stream for ever to end', async () => {
    const streaming = await world.serve({ doors: [operatorDoor('let-me-in')] });
    const { port } = await streaming.listen();
    const reply = await fetch(`http://127.0.0.1:${port}/operator/follow`, {
      headers: { authorization: 'Bearer let-me-in' },
    });
    const closed = streaming.close();
    expect(await reply.text()).toBe('{"first":true}\n');
    await closed;
  });

  it('cuts off after ten seconds what does not end', async () => {
    let enter: () => void = () => undefined;
    const entered = new Promise<void>((resolve) => (enter = resolve));
    const stuck = await world.serve({
      doors: [
        thingDoor({
          whileAdding() {
            enter();
            return new Promise(() => undefined);
          },
        }),
      ],
    });
    const { port } = await stuck.listen();
    const reply = fetch(`http://127.0.0.1:${port}${THINGS}`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${key}` },
      body: JSON.stringify({ name: 'stuck' }),
    });
    const refused = expect(reply).rejects.toThrow();
    await entered;
    const closed = stuck.close();
    world.clock.advance(10_000);
    await refused;
    await closed;
  });

  it('says in one line that the port is taken', async () => {
    const first = await world.serve();
    const { port } = await first.listen();
    const second = await world.serve({ http: { port } });
    await expect(second.listen()).rejects.toThrow(`SIDETONE_PORT: port ${port} on 127.0.0.1 is in use`);
  });
});
