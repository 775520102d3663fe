import { sql } from 'kysely';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '#test/database.js';
import { openDatabase, type Storage } from './database.js';
import { StorageError } from './storage-error.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let database: TestDatabase;
let storage: Storage<unknown>;

beforeAll(async () => {
  database = await createEmptyDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  storage = await openDatabase({ connection: database.connection, log });
});
afterEach(() => storage.close());

test('counts are numbers, times are dates, days are text', async () => {
  const { rows } = await storage.pool.query(
    `select count(*) as count, 9007199254740993 as huge, timestamptz '2026-02-03 04:05:06.789+01' as at,
       date '2026-02-03' as day`,
  );
  expect(rows).toEqual([
    { count: 1, huge: 9007199254740993n, at: new Date('2026-02-03T03:05:06.789Z'), day: '2026-02-03' },
  ]);
  expect((await sql`select count(*) as count`.execute(storage.kysely)).rows).toEqual([{ count: 1 }]);
});

describe('listen', () => {
  interface Heard {
    payloads: string[];
    lost: number;
  }

  /** Listens on `channel`; `until` resolves when what was heard satisfies the condition. */
  async function listen(channel: string) {
    const heard: Heard = { payloads: [], lost: 0 };
    let check = (): void => undefined;
    const end = await storage.listen(channel, {
      onNotify: (payload) => {
        heard.payloads.push(payload);
        check();
      },
      onLost: () => {
        heard.lost++;
        check();
      },
    });
    const until = (condition: (heard: Heard) => boolean): Promise<void> =>
      new Promise((resolve) => {
        check = () => (condition(heard) ? resolve() : undefined);
        check();
      });
    return { heard, until, end };
  }

  test('hears its own channels only, until ended', async () => {
    const jobs = await listen('jobs');
    const caches = await listen('caches');
    await storage.pool.query(`notify jobs, 'one'; notify caches, 'two'; notify other, 'three'`);
    await Promise.all([jobs.until((heard) => heard.payloads.length > 0), caches.until((h) => h.payloads.length > 0)]);
    jobs.end();
    await storage.pool.query(`notify jobs, 'four'; notify caches, 'five'`);
    await caches.until((heard) => heard.payloads.length > 1);
    expect(jobs.heard).toEqual({ payloads: ['one'], lost: 0 });
    expect(caches.heard).toEqual({ payloads: ['two', 'five'], lost: 0 });
  });

  test('a broken connection is told twice, when it breaks and when it listens again', async () => {
    const jobs = await listen('jobs');
    await storage.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen%'`,
    );
    await jobs.until((heard) => heard.lost === 2);
    await storage.pool.query(`notify jobs, 'again'`);
    await jobs.until((heard) => heard.payloads.length > 0);
    expect(jobs.heard).toEqual({ payloads: ['again'], lost: 2 });
  });
});

test('an idle connection that breaks is replaced', async () => {
  const idle = await storage.pool.connect();
  const { rows } = await idle.query<{ pid: number }>('select pg_backend_pid() as pid');
  idle.release();
  const other = await openDatabase({ connection: database.connection, log });
  const removed = new Promise((resolve) => storage.pool.once('remove', resolve));
  await other.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  await removed;
  await other.close();
  expect((await storage.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

describe('an unusable database is one line without the password', () => {
  async function failure(url: string): Promise<string> {
    const error: unknown = await openDatabase({ connection: { url }, log }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StorageError);
    const { message } = error as StorageError;
    expect(message).not.toContain('hunter2');
    expect(message).not.toContain('\n');
    return message;
  }

  test('nobody listens', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect(await failure(`postgres://ann:hunter2@127.0.0.1:${port}/phones`)).toBe(
      `cannot reach PostgreSQL at 127.0.0.1:${port} (database phones, user ann): connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  });

  test('something else listens', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await failure(`postgres://ann:hunter2@127.0.0.1:${port}/phones`)).toContain('cannot reach PostgreSQL');
    other.close();
  });

  test('not a URL of PostgreSQL', async () => {
    expect(await failure('mysql://ann:hunter2@localhost/phones')).toBe(
      'DATABASE_URL must begin with postgres:// or postgresql://',
    );
    expect(await failure('postgres://ann:hunter2@:bad:port/phones')).toContain('DATABASE_URL is not a valid URL');
  });

  test('no such database', async () => {
    const missing = { ...database.connection, database: 'missing' };
    if ('url' in missing) missing.url = new URL('/missing', missing.url).href;
    await expect(openDatabase({ connection: missing, log })).rejects.toThrow('database "missing" does not exist');
  });
});
