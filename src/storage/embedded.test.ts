import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '#test/eventually.js';
import { startEmbedded, type EmbeddedOptions, type EmbeddedPostgres } from './embedded.js';
import { findPostgresBinaries } from './postgres/binaries.js';
import { StorageError } from './storage-error.js';

const isRoot = process.getuid?.() === 0;
/** A data folder that has been started once: making it anew for every test takes longest. */
let started: string;
let folder: string;
let logged: string[];
let opened: EmbeddedPostgres[];

beforeAll(async () => {
  logged = [];
  started = mkdtempSync(join(tmpdir(), 'embedded-started-'));
  await (await startEmbedded({ dataFolder: started, log, durable: false })).close();
});
afterAll(() => rmSync(started, { recursive: true, force: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-test-'));
  logged = [];
  opened = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const embedded of opened) await embedded.close();
  rmSync(folder, { recursive: true, force: true });
});

const log = {
  info: (line: string) => void logged.push(line),
  warn: (line: string) => void logged.push(line),
  error: (line: string) => void logged.push(line),
};

/** Starts on the data of an earlier start. */
async function startAgain(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  cpSync(started, join(folder, 'data'), { recursive: true });
  return start(options);
}

async function start(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const embedded = await startEmbedded({ dataFolder: join(folder, 'data'), log, durable: false, ...options });
  opened.push(embedded);
  return embedded;
}

async function query(embedded: EmbeddedPostgres, text: string): Promise<unknown[]> {
  const client = new pg.Client({ ...embedded.connection });
  // A server that recovers cuts connections at any moment; the query says so by its rejection.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const postmasterPid = (dataFolder = join(folder, 'data')): number =>
  Number.parseInt(readFileSync(join(dataFolder, 'postgres/postmaster.pid'), 'utf8'), 10);

describe('a first start', () => {
  test('makes a durable UTF-8 database that listens on a private socket only', async () => {
    const embedded = await start({ durable: true });
    const settings = [
      'fsync',
      'synchronous_commit',
      'full_page_writes',
      'listen_addresses',
      'server_encoding',
      'TimeZone',
    ];
    expect(
      await query(embedded, `select ${settings.map((name) => `current_setting('${name}') as "${name}"`).join(', ')}`),
    ).toEqual([
      {
        fsync: 'on',
        synchronous_commit: 'on',
        full_page_writes: 'on',
        listen_addresses: '',
        server_encoding: 'UTF8',
        TimeZone: 'UTC',
      },
    ]);
    expect(await query(embedded, `select datcollate from pg_database where datname = 'sidetone'`)).toEqual([
      { datcollate: 'C' },
    ]);
    expect(statSync(embedded.connection.host).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(join(folder, 'data/postgres.json'), 'utf8'))).toEqual({
      way: embedded.way,
      socketFolder: embedded.connection.host,
    });
  });

  test('works in a deep folder that only its owner may enter', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const dataFolder = join(closed, ...Array.from({ length: 20 }, (_, depth) => `a-rather-long-folder-name-${depth}`));
    const embedded = await start({ dataFolder });
    expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('works with a folder for temporary files too deep for a socket', async () => {
    const deep = join(folder, 'deep'.repeat(20), 'deeper'.repeat(20));
    mkdirSync(deep, { recursive: true });
    vi.stubEnv('TMPDIR', deep);
    const embedded = await start();
    expect(embedded.connection.host.startsWith(deep)).toBe(false);
    expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('begins again where the making of the database was cut off', async () => {
    const cutOff = join(folder, 'data/postgres.new-killed');
    mkdirSync(cutOff, { recursive: true });
    writeFileSync(join(cutOff, 'PG_VERSION'), '18\n');
    const embedded = await start();
    expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(existsSync(cutOff)).toBe(false);
  });
});

test('keeps its data, and leaves nothing running or lying about', async () => {
  const first = await startAgain();
  await query(first, 'create table kept as select 42 as number');
  const pid = postmasterPid();
  await first.close();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(existsSync(first.connection.host)).toBe(false);
  expect(existsSync(join(folder, 'data/sidetone.lock'))).toBe(false);
  const second = await start();
  expect(await query(second, 'select number from kept')).toEqual([{ number: 42 }]);
});

test.runIf(isRoot)('root changes between the ways, the data goes along', async () => {
  cpSync(started, join(folder, 'data'), { recursive: true });
  const ways = ['setpriv', 'user-namespace', 'setpriv'] as const;
  for (const [round, way] of ways.entries()) {
    const embedded = await start({ ways: [way] });
    expect(embedded.way).toBe(way);
    await query(embedded, round === 0 ? 'create table kept (number integer)' : 'select 1');
    await query(embedded, `insert into kept values (${round})`);
    await embedded.close();
  }
  const again = await start();
  expect(again.way).toBe('setpriv'); // the way used last, so that no data changes hands
  expect(await query(again, 'select number from kept order by number')).toEqual(
    [0, 1, 2].map((number) => ({ number })),
  );
});

test.runIf(isRoot)('root without user namespaces', async () => {
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  writeFileSync(join(programs, 'unshare'), '#!/bin/sh\necho "unshare failed: Operation not permitted" >&2\nexit 1\n');
  chmodSync(join(programs, 'unshare'), 0o755);
  vi.stubEnv('PATH', `${programs}:${process.env['PATH'] ?? ''}`);
  const embedded = await startAgain();
  expect(embedded.way).toBe('setpriv');
  expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }]);
});

describe('refuses, in one line', () => {
  async function refusal(options: Partial<EmbeddedOptions> = {}): Promise<string> {
    const error: unknown = await start(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StorageError);
    const { message } = error as StorageError;
    expect(message).not.toContain('\n');
    return message;
  }

  test('a folder that another Sidetone uses, and does not disturb it', async () => {
    const first = await startAgain();
    expect(await refusal()).toBe(`${join(folder, 'data')} is in use by another Sidetone (process ${process.pid})`);
    expect(await query(first, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('a folder in which a server runs that is not ours, and neither stops nor uses it', async () => {
    const ours = await startAgain();
    const record = join(folder, 'data/postgres.json');
    // As after a kill -9 of Sidetone, except that the server's socket is elsewhere than ours was.
    rmSync(join(folder, 'data/sidetone.lock'));
    writeFileSync(record, readFileSync(record, 'utf8').replace(ours.connection.host, '/tmp/sidetone-elsewhere'));
    expect(await refusal()).toBe(
      `a PostgreSQL server that Sidetone did not start runs in ${join(folder, 'data/postgres')} (process ${postmasterPid()})`,
    );
    expect(await query(ours, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test.runIf(isRoot)('the data of another user', async () => {
    await (await startAgain()).close();
    chownSync(join(folder, 'data/postgres'), 1234, 1234);
    expect(await refusal()).toBe(
      `${join(folder, 'data/postgres')} belongs to user 1234: start Sidetone as that user, or use another data folder`,
    );
  });

  test('a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal({ dataFolder: join(folder, 'file/data') })).toContain('cannot use the data folder');
  });

  test('a machine on which PostgreSQL cannot run', async () => {
    vi.stubEnv('PATH', folder); // neither unshare nor setpriv
    const message = await refusal({ ways: ['user-namespace', 'setpriv'] });
    expect(message).toContain('spawn unshare ENOENT');
    expect(message).toContain('set DATABASE_URL');
    expect(() => findPostgresBinaries('win32-x64')).toThrow(
      'no embedded PostgreSQL is installed for win32-x64: set DATABASE_URL to a PostgreSQL server of yours',
    );
  });

  test('data that PostgreSQL cannot use, with its reason', async () => {
    await (await startAgain()).close();
    writeFileSync(join(folder, 'data/postgres/PG_VERSION'), '12\n');
    expect(await refusal()).toContain('database files are incompatible with server');
  });
});

describe('a crash', () => {
  test('of the server: it is started again and that is said', async () => {
    const embedded = await startAgain();
    await query(embedded, 'create table kept as select 42 as number');
    process.kill(postmasterPid(), 'SIGKILL');
    await eventually(() => expect(logged).toContain('the embedded PostgreSQL runs again'));
    expect(embedded.restarts).toBe(1);
    expect(logged).toContain('the embedded PostgreSQL ended by itself; starting it again in 100 ms');
    expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('of one of its processes: it recovers by itself', async () => {
    const embedded = await startAgain();
    const client = new pg.Client({ ...embedded.connection });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const ended = new Promise((resolve) => client.once('end', resolve));
    process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
    await ended;
    await eventually(async () => expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }]));
    expect(embedded.restarts).toBe(0);
    expect(logged.join('\n')).toContain('terminated by signal 9');
  });

  test('closing while it is down ends the attempts', async () => {
    const embedded = await startAgain();
    const pid = postmasterPid();
    process.kill(pid, 'SIGKILL');
    await embedded.close();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(existsSync(embedded.connection.host)).toBe(false);
  });

  test('a process id in use by another program does not look like a live server', async () => {
    await (await startAgain()).close();
    writeFileSync(join(folder, 'data/postgres/postmaster.pid'), `${process.pid}\n${folder}\n0\n5432\n/tmp/gone\n`);
    const embedded = await start();
    expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});
