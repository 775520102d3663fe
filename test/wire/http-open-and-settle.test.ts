import Type from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpServer, KeyDoor } from '#apis/http/index.js';
import { HttpProblem } from '#apis/http/problem.js';
import { createHttpWorld, thingDoor, type HttpWorld } from './http-world.js';

/** Routes that need no key, and replies that wait for what they promise. */
let world: HttpWorld;
let server: HttpServer;
let key: string;
/** What the end of a parcel's way does; undefined: nothing goes wrong. */
let onSettle: (() => void) | undefined;
let sent = 0;
let settled: unknown[] = [];

const Parcel = Type.Object({ parcel: Type.Integer() });

const door: KeyDoor = {
  ...thingDoor(),
  name: 'parcels',
  prefix: '/api/parcels/v1',
  docs: { title: 'Parcels', description: '', errorSchema: Type.Object({}), alsoAt: '/api/parcels.json' },
  routes(table) {
    table.open('/secret-link/:token', {
      id: 'openLink',
      summary: 'Behind a secret link',
      params: Type.Object({ token: Type.String() }),
      returns: Type.Object({ token: Type.String() }),
      handle: async ({ params }) => ({ token: params.token }),
    });
    table.open('/public', {
      id: 'readPublic',
      summary: 'For every page',
      anyOrigin: true,
      query: Type.Object({ limit: Type.Optional(Type.Integer()) }, { additionalProperties: false }),
      returns: Type.Object({ auth: Type.Unknown() }),
      handle: async ({ auth }) => ({ auth: auth ?? null }),
    });
    table.post('/parcels', {
      id: 'sendParcel',
      summary: 'Send a parcel',
      status: 201,
      returns: Parcel,
      handle: async () => ({ parcel: ++sent }),
      async settle({ auth }, done) {
        settled.push([auth.mode, done]);
        onSettle?.();
      },
    });
  },
};

beforeAll(async () => {
  world = await createHttpWorld();
  server = await world.serve({ doors: [door] });
  key = await world.key();
});
beforeEach(() => {
  onSettle = undefined;
  settled = [];
  world.clock.advance(60_000);
});
afterAll(() => world.close());

const get = (path: string) => server.app.inject({ url: `/api/parcels/v1${path}` });

describe('an open route', () => {
  it('answers without a key, and not to pages of other sites', async () => {
    const reply = await get('/secret-link/abc');
    expect([reply.statusCode, reply.json()]).toEqual([200, { token: 'abc' }]);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('answers to pages of other sites where it says so, also when it refuses', async () => {
    const replies = [await get('/public'), await get('/public?limit=x')];
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 400]);
    expect(replies.map(({ headers }) => headers['access-control-allow-origin'])).toEqual(['*', '*']);
    expect(replies[0]?.json()).toEqual({ auth: null });
  });

  it('has one method', async () => {
    const reply = await server.app.inject({ method: 'POST', url: '/api/parcels/v1/public' });
    expect([reply.statusCode, reply.headers['allow']]).toEqual([405, 'GET, HEAD']);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('needs no key in the document either, which has a second address', async () => {
    const [first, second] = [
      await server.app.inject({ url: '/docs/parcels.json' }),
      await server.app.inject({ url: '/api/parcels.json' }),
    ];
    expect([second.statusCode, second.headers['access-control-allow-origin']]).toEqual([200, '*']);
    expect(second.json()).toEqual(first.json());
    const { paths } = second.json<{
      paths: Record<string, Record<string, { security?: object[]; responses: object }>>;
    }>();
    const open = paths['/api/parcels/v1/public']?.['get'];
    expect(open?.security).toEqual([]);
    expect(Object.keys(open?.responses ?? {})).toEqual(['200', '400', '429', '500']);
    expect(paths['/api/parcels/v1/parcels']?.['post']?.security).toBeUndefined();
  });
});

it('no route that takes a key may be read by pages of other sites', async () => {
  const reply = await post();
  expect(reply.headers['access-control-allow-origin']).toBeUndefined();
});

async function post(idempotencyKey?: string) {
  return server.app.inject({
    method: 'POST',
    url: '/api/parcels/v1/parcels',
    headers: {
      authorization: `Bearer ${key}`,
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
  });
}

describe.each([
  ['without an Idempotency-Key', undefined],
  ['with one', 'parcel-1'],
])('a reply that waits, %s', (_what, idempotencyKey) => {
  it('is what the handler gave, once it is settled', async () => {
    const reply = await post(idempotencyKey);
    expect([reply.statusCode, reply.json()]).toEqual([201, { parcel: sent }]);
    expect(settled).toEqual([['live', { parcel: sent }]]);
  });

  it('is what settling threw', async () => {
    onSettle = () => {
      throw new HttpProblem('unavailable', 'It came back.', { headers: { 'retry-after': '3' } });
    };
    const reply = await post(idempotencyKey === undefined ? undefined : 'parcel-2');
    expect([reply.statusCode, reply.headers['retry-after']]).toEqual([503, '3']);
    expect(reply.json()).toEqual({ oops: { code: 'unavailable', text: 'It came back.' } });
  });
});

it('a repetition waits as the first did, and is not done again; one of what was not settled is done anew', async () => {
  const first = await post('parcel-3');
  expect((await post('parcel-3')).json()).toEqual(first.json());
  expect(settled).toEqual([
    ['live', first.json()],
    ['live', first.json()],
  ]);

  onSettle = () => {
    throw new HttpProblem('unavailable', 'It came back.');
  };
  expect((await post('parcel-4')).statusCode).toBe(503);
  const before = sent;
  onSettle = undefined;
  const again = await post('parcel-4');
  expect([again.statusCode, again.json(), again.headers['idempotency-replayed']]).toEqual([
    201,
    { parcel: before + 1 },
    undefined,
  ]);
  expect((await post('parcel-4')).headers['idempotency-replayed']).toBe('true');
});
