import { Readable } from 'node:stream';
import { Registry } from 'prom-client';
import Type from 'typebox';
import {
  buildServer,
  type Door,
  type HttpServer,
  type KeyDoor,
  type OperatorDoor,
  type ReadyCheck,
} from '#apis/http/index.js';
import { CarrierSet } from '#carriers/carrier-set.js';
import { readConfig, type HttpConfig } from '#config.js';
import { createAccount, createKey, KeyRing, type Account, type CreateKey } from '#core/accounts/index.js';
import { FirstAnswers } from '#core/calls/index.js';
import { SiteLoad } from '#core/site-load/index.js';
import { KnownSites } from '#core/sites/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { openSecretBox } from '#core/secret-box.js';
import type { Tables } from '#core/tables.js';
import { Background } from '#jobs/background.js';
import { openDatabase, type Storage } from '#storage/database.js';
import { createTestDatabase } from '#test/database.js';
import { HeldClock } from '#test/held-clock.js';
import type { Engine } from '#voice/engine.js';
import { wakesTelling } from '#test/wakes.js';

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  details: object;
  message: string;
}

/** A database, a core without networks, and an account; enough for a server under test. */
export interface HttpWorld {
  core: Core;
  clock: HeldClock;
  keyRing: KeyRing;
  storage: Storage<Tables>;
  account: Account;
  logged: LogLine[];
  woken: string[];
  /** A key of the world's account; live with all scopes unless told otherwise. */
  key(options?: Partial<CreateKey>): Promise<string>;
  /** Started servers are closed with the world. */
  serve(options?: {
    doors?: Door[];
    http?: Partial<HttpConfig>;
    ready?: Record<string, ReadyCheck>;
  }): Promise<HttpServer>;
  close(): Promise<void>;
}

export async function createHttpWorld(): Promise<HttpWorld> {
  const database = await createTestDatabase();
  const storage = await openDatabase<Tables>({
    connection: database.connection,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const clock = new HeldClock();
  const logged: LogLine[] = [];
  const woken: string[] = [];
  const note = (level: LogLine['level']) => (details: object, message: string) =>
    void logged.push({ level, details, message });
  const background = new Background((error) => note('error')({ err: error }, 'background'));
  const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  const core: Core = {
    db: storage.kysely,
    clock,
    log,
    background,
    engines: { live: new NoEngine(), test: new NoEngine() },
    speech: {
      voices: () => [],
      resolveVoice: () => undefined,
      voiceFor: () => undefined,
      say: () => Promise.reject(new Error('no speech here')),
      speak: () => Promise.reject(new Error('no speech here')),
      close: async () => undefined,
    },
    hearing: undefined,
    noticeSpendCap: () => undefined,
    disk: { takesFiles: true, requireRoom: () => undefined },
    knownSites: new KnownSites({ db: storage.kysely, clock }),
    siteLoad: new SiteLoad({ db: storage.kysely, clock, background, log }, () => () => 0),
    mail: undefined,
    secrets: openSecretBox('a key for tests only'),
    keyRing: { forget: () => undefined },
    node: 1,
    dialects: {},
    postWebhook: async () => ({ ok: false, error: 'no network here' }),
    wake: wakesTelling((loop) => void woken.push(loop)),
    firstAnswers: new FirstAnswers(clock),
    intake: { accept: async () => undefined },
    killPoint: () => undefined,
    recordings: {
      write: async () => 0,
      read: async () => new Int16Array(),
      open: async () => undefined,
      path: (file) => file,
      list: async () => [],
      remove: async () => undefined,
    },
    hangUp: () => undefined,
    fetchFile: async () => ({ ok: false, error: 'there is no network here', isFinal: true }),
    fetchAudio: () => Promise.reject(new Error('no network here')),
    readAudio: () => Promise.reject(new Error('no network here')),
    encodeAudio: () => Promise.reject(new Error('no sound here')),
    speechFiles: {
      write: async () => undefined,
      open: async () => undefined,
      remove: async () => undefined,
      removeDaysBefore: async () => undefined,
    },
    uploads: {
      write: () => Promise.reject(new Error('no files here')),
      read: () => Promise.reject(new Error('no files here')),
      open: async () => undefined,
      remove: async () => undefined,
    },
    readCsv: () => {
      throw new Error('no files here');
    },
    carriers: new CarrierSet({}),
    settings: { publicUrl: 'http://127.0.0.1', loopbackOnly: true },
  };
  const keyRing = new KeyRing(core);
  const account = await createAccount(core, { name: 'Acme', actor: 'test' });
  const servers: HttpServer[] = [];
  return {
    ...{ core, clock, keyRing, storage, account, logged, woken },
    async key(options = {}) {
      const input = { accountId: account.id, mode: 'live' as const, actor: 'test', ...options };
      return (await createKey(core, input)).secret;
    },
    async serve({ doors = [thingDoor()], http = {}, ready = {} } = {}) {
      const config = { ...readConfig({ SIDETONE_PORT: '0' }).http, ...http };
      const metrics = new Registry();
      const server = await buildServer({ core, keyRing, config, doors, ready, metrics, version: '0.0.1' });
      servers.push(server);
      return server;
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
      await keyRing.close();
      await background.idle();
      await storage.close();
      await database.close();
    },
  };
}

class NoEngine implements Engine {
  send(): void {
    throw new Error('no network here');
  }
  on(): () => void {
    return () => undefined;
  }
  async close(): Promise<void> {
    return undefined;
  }
}

/** What a test does inside the door's handlers. */
export interface ThingHooks {
  /** Within the work of `POST /things`, after its row was written. */
  whileAdding?: (name: string) => Promise<void>;
  /** When `POST /things` is done, or repeated. */
  settle?: () => Promise<void>;
}

const Thing = Type.Object({ name: Type.String(), mode: Type.String() });

/** A door of three routes over a table that is at hand. */
export function thingDoor(hooks: ThingHooks = {}): KeyDoor {
  return {
    name: 'things',
    prefix: '/api/things/v1',
    guard: { kind: 'key', headers: ['x-api-key'], limit: 'phone_system_requests_per_minute', limitedPer: 'account' },
    docs: {
      title: 'Things',
      description: 'Things to test with.',
      errorSchema: Type.Object({ oops: Type.Object({ code: Type.String(), text: Type.String() }) }),
      webhooks: { 'thing.added': { summary: 'A thing was added', body: Thing } },
    },
    presentError: ({ code, message, field }) => ({
      oops: { code, text: message, ...(field === undefined ? {} : { field }) },
    }),
    refusals: {
      'number.taken': { status: 409, code: 'thing_taken' },
      'number.not_found': { status: 404, code: 'no_such_thing' },
      'trunk.unreachable_from_here': { status: 429, code: 'busy_thing' },
    },
    problems: { idempotency_mismatch: { status: 400, code: 'other_request' } },
    fieldNames: { number: 'name' },
    routes(table) {
      table.post('/things', {
        id: 'addThing',
        summary: 'Add a thing',
        scope: 'numbers:write',
        body: Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 20 }),
            count: Type.Optional(Type.Integer()),
            colour: Type.Optional(Type.Union([Type.Literal('red'), Type.Literal('blue')])),
            deep: Type.Optional(Type.Object({ inside: Type.Boolean() }, { additionalProperties: false })),
            free: Type.Optional(Type.Unknown()),
          },
          { additionalProperties: false },
        ),
        status: 201,
        returns: Thing,
        settle: async () => hooks.settle?.(),
        async handle({ core, auth, body }) {
          await inTransaction(core.db, (tx) =>
            tx
              .insertInto('numbers')
              .values({
                number: `${body.name}-${core.clock.now()}-${Math.random()}`,
                account_id: auth.accountId,
                mode: auth.mode,
                created_at: new Date(core.clock.now()),
              })
              .execute(),
          );
          await hooks.whileAdding?.(body.name);
          core.wake.calls();
          if (body.name === 'taken') throw new CoreError('number.taken', 'It is taken.', { field: 'number' });
          if (body.name === 'busy')
            throw new CoreError('trunk.unreachable_from_here', 'Not now.', { retryAfterSeconds: 7 });
          if (body.name === 'broken') throw new Error('the password is hunter2');
          if (body.name === 'unmapped') throw new CoreError('trunk.not_found', 'An inner secret.');
          return { name: body.name, mode: auth.mode };
        },
      });
      table.get('/things', {
        id: 'listThings',
        summary: 'List things',
        scope: 'numbers:read',
        query: Type.Object(
          { limit: Type.Integer({ minimum: 1, maximum: 50, default: 10 }), newest: Type.Optional(Type.Boolean()) },
          { additionalProperties: false },
        ),
        returns: Type.Object({ things: Type.Array(Type.String()), limit: Type.Integer(), newest: Type.Unknown() }),
        async handle({ core, auth, query }) {
          const rows = await core.db
            .selectFrom('numbers')
            .select('number')
            .where('account_id', '=', auth.accountId)
            .where('mode', '=', auth.mode)
            .execute();
          return { things: rows.map((row) => row.number), limit: query.limit, newest: query.newest ?? null };
        },
      });
      table.post('/things/:id/touch', {
        id: 'touchThing',
        summary: 'Touch a thing',
        params: Type.Object({ id: Type.String() }),
        returns: Type.Object({ touched: Type.String() }),
        handle: async ({ params }) => ({ touched: params.id }),
      });
      table.delete('/things/:id', {
        id: 'deleteThing',
        summary: 'Delete a thing',
        params: Type.Object({ id: Type.String() }),
        async handle({ params }) {
          if (params.id === 'none') throw new CoreError('number.not_found', 'There is no such thing.');
          return undefined;
        },
      });
      table.post('/secrets', {
        id: 'makeSecret',
        summary: 'Make a secret',
        returns: Type.Object({ secret: Type.String() }),
        secretReply: true,
        handle: async () => ({ secret: `s3cret-${Math.random()}` }),
      });
    },
  };
}

export function operatorDoor(token: string): OperatorDoor {
  return {
    name: 'operator',
    prefix: '/operator',
    guard: { kind: 'token', token },
    presentError: ({ message }) => ({ error: message }),
    refusals: {},
    routes(table) {
      table.post('/act', {
        id: 'act',
        summary: 'Act',
        handle: async ({ auth }) => ({ auth: auth ?? null }),
      });
      table.get('/follow', {
        id: 'follow',
        summary: 'Lines without end',
        returnsType: 'application/x-ndjson',
        async handle({ reply, closing }) {
          void reply.type('application/x-ndjson');
          const lines = new Readable({ read: () => undefined });
          lines.push('{"first":true}\n');
          closing.addEventListener('abort', () => lines.push(null));
          return lines;
        },
      });
    },
  };
}
