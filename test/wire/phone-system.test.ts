import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey, setLimit } from '#core/accounts/index.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type Reply, type World } from '../world.js';

/** What all routes of this door have in common, at the plainest of them. */
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const PATH = '/api/v2/blocked-numbers';
/** So that no test counts against the limit of another. */
const later = () => (world.clock as HeldClock).advance(60_000);

async function block(number: string, key?: string): Promise<Reply> {
  return world.request('POST', PATH, { body: { number }, ...(key === undefined ? {} : { key }) });
}

describe('errors', () => {
  test.each<[string, string, string, object, number]>([
    ['no key', 'GET', PATH, { key: null }, 401],
    ['a wrong key', 'GET', PATH, { key: 'tr_live_nonsense' }, 401],
    ['nothing there', 'GET', '/api/v2/nothing', {}, 404],
    ['an id that nothing has', 'GET', `${PATH}/987654321`, {}, 404],
    ['an id that cannot be', 'GET', `${PATH}/anna`, {}, 404],
    ['an id beyond all numbers', 'GET', `${PATH}/99999999999999999999`, {}, 404],
    ['another method', 'PUT', PATH, {}, 405],
    ['no JSON', 'POST', PATH, { body: '{"number":' }, 400],
    ['a body too large', 'POST', PATH, { body: { number: 'x'.repeat(1_100_000) } }, 413],
    ['another type', 'POST', PATH, { body: 'number=1', headers: { 'content-type': 'text/plain' } }, 415],
  ])('%s: a message, and nothing else', async (_what, method, path, options, status) => {
    const reply = await world.request(method, path, options);
    expect(reply.status).toBe(status);
    expect(reply.body).toEqual({ message: expect.stringMatching(/^[A-Z].+\.$/s) as string });
  });

  test('405 says what is possible', async () => {
    expect((await world.request('DELETE', PATH)).headers['allow']).toBe('GET, HEAD, POST');
  });

  test('a key without the scope is refused', async () => {
    const given = { accountId: world.account.id, mode: 'test', scopes: ['phone-system:read'], actor: 'test' } as const;
    const { secret } = await createKey(world.core, { ...given, scopes: [...given.scopes] });
    expect((await world.request('GET', PATH, { key: secret })).status).toBe(200);
    expect(await block('+12125550101', secret)).toMatchObject({
      status: 403,
      body: { message: 'The API key lacks the scope phone-system:write.' },
    });
  });

  test.each<[string, unknown, Record<string, string[]>]>([
    ['what is missing', {}, { number: ['The field "number" is missing.'] }],
    ['a wrong type', { number: 5 }, { number: ['The field "number" must be of type string.'] }],
    [
      'all that is wrong at once, an unknown field among it',
      { number: true, note: 7, colour: 'red' },
      {
        number: ['The field "number" must be of type string.'],
        note: ['The field "note" must be of type string or null.'],
        colour: ['There is no field "colour" here.'],
      },
    ],
    [
      'a wrapped body',
      { data: { number: '+12125550101' } },
      { number: ['The field "number" is missing.'], data: ['There is no field "data" here.'] },
    ],
    [
      'what only we can tell',
      { number: 'anna' },
      { number: ['"anna" is not a phone number: write it with + and the country code.'] },
    ],
  ])('422 names each field: %s', async (_what, body, errors) => {
    const reply = await world.request('POST', PATH, { body });
    expect(reply.status).toBe(422);
    expect(reply.body).toEqual({ message: expect.any(String) as string, errors });
    expect(Object.values(errors).flat()).toContain(reply.body['message']);
  });

  test.each(['[]', 'null', '"+12125550101"'])('422 for a body that is no object: %s', async (body) => {
    const reply = await world.request('POST', PATH, { body });
    expect(reply).toMatchObject({ status: 422, body: { message: 'The body must be a JSON object.' } });
  });
});

describe('pages', () => {
  beforeAll(async () => {
    later();
    for (let last = 0; last < 7; last++) expect((await block(`+1212555020${last}`)).status).toBe(201);
  });

  const url = (page: number, pageSize = 3) =>
    `http://127.0.0.1:8080/api/v2/blocked-numbers?page=${page}&pageSize=${pageSize}`;

  test.each([
    ['the first', 1, { count: 3, from: 1, to: 3, prevPageUrl: null, nextPageUrl: url(2) }],
    ['one between', 2, { count: 3, from: 4, to: 6, prevPageUrl: url(1), nextPageUrl: url(3) }],
    ['the last', 3, { count: 1, from: 7, to: 7, prevPageUrl: url(2), nextPageUrl: null }],
    ['one past the end', 9, { count: 0, from: null, to: null, prevPageUrl: url(3), nextPageUrl: null }],
  ])('%s', async (_which, page, expected) => {
    const { status, body } = await world.request('GET', `${PATH}?page=${page}&pageSize=3`);
    expect(status).toBe(200);
    expect(body['data']).toHaveLength(expected.count);
    expect(body['pagination']).toEqual({
      ...expected,
      currentPage: page,
      firstPageUrl: url(1),
      lastPageUrl: url(3),
      path: 'http://127.0.0.1:8080/api/v2/blocked-numbers',
      perPage: 3,
      total: 7,
      totalPages: 3,
    });
  });

  test('without saying which, the first 25', async () => {
    const { body } = await world.request('GET', PATH);
    expect(body['pagination']).toMatchObject({ currentPage: 1, perPage: 25, count: 7, total: 7, totalPages: 1 });
    expect((body['data'] as { number: string }[]).map(({ number }) => number)).toEqual(
      Array.from({ length: 7 }, (_, last) => `+1212555020${last}`),
    );
  });

  test('an empty list has one page', async () => {
    const { body } = await world.request('GET', PATH, { key: world.keys.live });
    expect(body).toMatchObject({ data: [], pagination: { total: 0, totalPages: 1, from: null, nextPageUrl: null } });
  });

  test('other pages keep the filters', async () => {
    const { body } = await world.request('GET', `${PATH}?number=%2B12125550203&page=1&pageSize=1`);
    expect(body['pagination']).toMatchObject({
      total: 1,
      lastPageUrl: `${url(1, 1).split('?')[0]}?number=%2B12125550203&page=1&pageSize=1`,
    });
  });

  test.each([
    ['page=0', 'page'],
    ['page=-1', 'page'],
    ['page=1.5', 'page'],
    ['page=two', 'page'],
    ['page=', 'page'],
    ['page=0x10', 'page'],
    ['page=99999999999', 'page'],
    ['page=1&page=2', 'page'],
    ['pageSize=0', 'pageSize'],
    ['pageSize=101', 'pageSize'],
    ['pageSize=true', 'pageSize'],
    ['page_size=5', 'page_size'],
  ])('%s is refused by name', async (query, field) => {
    const reply = await world.request('GET', `${PATH}?${query}`);
    expect(reply.status).toBe(422);
    expect(reply.body['errors']).toEqual({ [field]: [expect.stringContaining(field)] });
  });
});

describe('120 requests in any 60 s', () => {
  test('of the account, whatever the key, and exactly', async () => {
    later();
    const { secret } = await createKey(world.core, { accountId: world.account.id, mode: 'live', actor: 'test' });
    for (let sent = 0; sent < 60; sent++) {
      expect((await world.request('GET', PATH)).status).toBe(200);
      expect((await world.request('GET', PATH, { key: secret })).status).toBe(200);
      (world.clock as HeldClock).advance(100);
    }
    const refused = await world.request('GET', PATH);
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '54' } });
    expect(refused.body).toEqual({ message: 'More than 120 requests in a minute. Try again in 54s.' });
    (world.clock as HeldClock).advance(53_999);
    expect((await world.request('GET', PATH)).status).toBe(429);
    (world.clock as HeldClock).advance(1);
    expect((await world.request('GET', PATH)).status).toBe(200);
  });

  test('or as many as the operator says', async () => {
    later();
    const admin = { ...world.core, keyRing: world.platform.keyRing };
    const name = 'phone_system_requests_per_minute';
    await setLimit(admin, { accountId: world.account.id, name, value: 1, actor: 'test' });
    expect((await world.request('GET', PATH)).status).toBe(200);
    expect((await world.request('GET', PATH)).status).toBe(429);
    await setLimit(admin, { accountId: world.account.id, name, value: null, actor: 'test' });
  });
});

describe('the document', () => {
  test('is at /docs, with the errors as they are', async () => {
    const { status, body } = await world.request('GET', '/docs/phone-system.json', { key: null });
    expect(status).toBe(200);
    const { paths } = body as { paths: Record<string, Record<string, { responses: Record<string, unknown> }>> };
    expect(Object.keys(paths[PATH] ?? {}).sort()).toEqual(['get', 'post']);
    expect(Object.keys(paths[PATH]?.['post']?.responses ?? {})).toEqual(expect.arrayContaining(['201', '422', '429']));
  });
});

describe('an Idempotency-Key', () => {
  test('gives the first reply again', async () => {
    later();
    const request = { body: { number: '+12125550299' }, headers: { 'idempotency-key': 'once' } };
    const first = await world.request('POST', PATH, request);
    const again = await world.request('POST', PATH, request);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });
});
