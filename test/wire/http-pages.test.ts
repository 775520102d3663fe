import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpServer } from '#apis/http/index.js';
import { createHttpWorld, operatorDoor, thingDoor, type HttpWorld } from './http-world.js';

let world: HttpWorld;
let server: HttpServer;
const ready = { database: true, engine: true };

beforeAll(async () => {
  world = await createHttpWorld();
  server = await world.serve({
    doors: [thingDoor(), operatorDoor('token')],
    ready: { database: () => ready.database, engine: () => ready.engine },
  });
});
afterAll(() => world.close());

const get = (url: string, headers: Record<string, string> = {}) => server.app.inject({ url, headers });

describe('/docs', () => {
  it('is a page that needs nothing from elsewhere', async () => {
    const page = await get('/docs');
    expect(page.statusCode).toBe(200);
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      const reply = await get(new URL(asset, 'http://host/docs').pathname);
      expect([asset, reply.statusCode]).toEqual([asset, 200]);
    }
  });

  it('may run its own scripts and ask this server, whatever the scheme', async () => {
    const policy = (await get('/docs')).headers['content-security-policy'];
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    // Scripts within the page would be blocked by it.
    expect((await get('/docs')).body).not.toMatch(/<script(?![^>]*\ssrc=)/);
  });

  it('lists the documents of the doors, without the operator’s', async () => {
    const script = (await get('/docs/static/swagger-initializer.js')).body;
    expect(script).toContain('/docs/things.json');
    expect(script).not.toContain('operator');
    expect((await get('/docs/operator.json')).statusCode).toBe(404);
  });
});

describe('a door’s document', () => {
  interface Document {
    openapi: string;
    servers: { url: string }[];
    security: object[];
    paths: Record<string, Record<string, Operation>>;
    webhooks: Record<string, { post: { requestBody: object } }>;
    components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
  }
  interface Operation {
    operationId: string;
    description: string;
    parameters?: { in: string; name: string }[];
    requestBody?: { content: Record<string, { schema: object }> };
    responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
  }
  const read = async () => (await get('/docs/things.json')).json<Document>();

  it('holds the routes as they are asked for, with a key in both forms', async () => {
    const { openapi, servers, security, paths, components } = await read();
    expect(openapi).toBe('3.1.0');
    expect(servers).toEqual([{ url: '/', description: 'This server' }]);
    expect(Object.entries(paths).map(([path, methods]) => [path, Object.keys(methods)])).toEqual([
      ['/api/things/v1/things', ['post', 'get']],
      ['/api/things/v1/things/{id}/touch', ['post']],
      ['/api/things/v1/things/{id}', ['delete']],
      ['/api/things/v1/secrets', ['post']],
    ]);
    expect(security).toEqual([{ bearer: [] }, { 'x-api-key': [] }]);
    expect(components.securitySchemes).toEqual({
      bearer: { type: 'http', scheme: 'bearer' },
      'x-api-key': { type: 'apiKey', in: 'header', name: 'x-api-key' },
    });
  });

  it('describes a request, its replies and its errors', async () => {
    const { paths, components } = await read();
    const add = paths['/api/things/v1/things']?.['post'];
    expect(add?.operationId).toBe('addThing');
    expect(add?.description).toBe('Scope: `numbers:write`.');
    expect(add?.parameters).toMatchObject([{ in: 'header', name: 'Idempotency-Key' }]);
    expect(add?.requestBody?.content['application/json']?.schema).toMatchObject({
      required: ['name'],
      additionalProperties: false,
      properties: { name: { type: 'string', minLength: 1 } },
    });
    expect(Object.keys(add?.responses ?? {})).toEqual(['201', '400', '401', '403', '409', '429', '500']);
    expect(add?.responses['400']?.content?.['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/Error',
    });
    expect(components.schemas['Error']).toMatchObject({ type: 'object', required: ['oops'] });
    expect(paths['/api/things/v1/things/{id}']?.['delete']?.responses['204']).toEqual({ description: 'Success' });
  });

  it('tells of the webhooks, and may be read by any page', async () => {
    expect((await read()).webhooks['thing.added']?.post.requestBody).toMatchObject({
      content: { 'application/json': { schema: { required: ['name', 'mode'] } } },
    });
    expect((await get('/docs/things.json')).headers['access-control-allow-origin']).toBe('*');
  });
});

describe('health', () => {
  it('is well while the process lives', async () => {
    const reply = await get('/healthz');
    expect([reply.statusCode, reply.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('says which part is not ready', async () => {
    expect((await get('/readyz')).json()).toEqual({ status: 'ready', parts: { database: 'ready', engine: 'ready' } });
    ready.engine = false;
    const reply = await get('/readyz');
    ready.engine = true;
    expect([reply.statusCode, reply.json()]).toEqual([
      503,
      { status: 'not ready', parts: { database: 'ready', engine: 'not ready' } },
    ]);
  });

  it('takes an error and silence for a no', async () => {
    const other = await world.serve({
      doors: [],
      ready: {
        broken: () => Promise.reject(new Error('no')),
        silent: () => new Promise(() => undefined),
      },
    });
    const reply = other.app.inject({ url: '/readyz' });
    void reply.then(() => undefined);
    // The checks have begun once a timer waits for the silent one.
    while (world.clock.nextAt === undefined || world.clock.nextAt > world.clock.now() + 2000) await setImmediate();
    world.clock.advance(2000);
    expect((await reply).json()).toMatchObject({ parts: { broken: 'not ready', silent: 'not ready' } });
  });
});

describe('/metrics', () => {
  it('counts requests by route and status, on this machine', async () => {
    await get('/api/things/v1/things');
    await get('/somewhere/else/12125550100');
    const { body, headers } = await get('/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(body).toContain(
      'sidetone_http_request_duration_seconds_count{method="GET",route="/api/things/v1/things",status="401"} 1',
    );
    expect(body).toContain('sidetone_http_request_duration_seconds_count{method="GET",route="none",status="404"}');
    expect(body).toContain('process_cpu_user_seconds_total');
    expect(body).not.toContain('12125550100');
  });

  it('is nothing for those who come from elsewhere, also through a proxy', async () => {
    const strangers = [
      await server.app.inject({ url: '/metrics', remoteAddress: '192.0.2.1' }),
      await get('/metrics', { 'x-forwarded-for': '127.0.0.1' }),
      await get('/metrics', { forwarded: 'for=127.0.0.1' }),
    ];
    expect(strangers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
  });
});
