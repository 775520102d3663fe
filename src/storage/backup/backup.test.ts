import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '#test/database.js';
import { clientOptions } from '../connection.js';
import { migrations } from '../migrations/index.js';
import { StorageError } from '../storage-error.js';
import { backup } from './backup.js';
import { restore, type RestoreOptions } from './restore.js';
import { listTables } from './tables.js';
import { tarEnd, tarHeader, tarPadding } from './tar.js';

const AWKWARD = 'tab\tnewline\nreturn\rbackslash\\ \\N "quotes" \'single\' größe 🙂 \\.';
const PICTURE = 'a picture of a text';
const RECORDING = randomBytes(700_000);
const SECRET = randomBytes(32);

let folder: string;
let archive: string;
let source: TestDatabase;
let target: TestDatabase;
let open: pg.Client[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'backup-test-'));
  archive = join(folder, 'backup.tar.gz');
  open = [];
  [source, target] = await Promise.all([createTestDatabase(), createEmptyDatabase()]);
});
afterEach(async () => {
  for (const client of open) await client.end();
  await Promise.all([source.close(), target.close()]);
  rmSync(folder, { recursive: true, force: true });
});

async function connect(database: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ ...clientOptions(database.connection), application_name: 'test' });
  await client.connect();
  open.push(client);
  return client;
}

const from = (): string => join(folder, 'from');
const to = (): string => join(folder, 'to');
const makeBackup = () => backup({ connection: source.connection, dataFolder: from(), out: archive });
const restoreIt = (options: Partial<RestoreOptions> = {}) =>
  restore({ archive, connection: target.connection, dataFolder: to(), ...options });

/** Rows with every awkward value, a table of more than one part, files and the secret. */
async function fill(): Promise<pg.Client> {
  const client = await connect(source);
  const at = '2026-03-04 05:06:07.123456+00';
  await client.query(
    `insert into accounts (id, name, domain, limits, created_at)
     values ('acc_1', $1, 'one.example', '{"a": null, "b": [1.10, "\\u00e9"]}', $2), ('acc_2', '', 'two.example', '{}', $2)`,
    [AWKWARD, at],
  );
  await client.query(
    `insert into api_keys (id, account_id, mode, style, scopes, hash, hint, created_at)
     values ('key_1', 'acc_1', 'live', 'sidetone', $1, $2, 'x', $3)`,
    [['calls', AWKWARD, ''], randomBytes(32), at],
  );
  await client.query(
    `insert into events (id, account_id, mode, type, subject, data, created_at)
     select 'evt_' || number, 'acc_1', 'live', 'call.completed', 'cal_' || number,
       jsonb_build_object('text', repeat(md5(number::text), 100), 'none', null), $1
     from generate_series(1, 3000) number`,
    [at],
  );
  await client.query(`delete from events where id = 'evt_3000'`); // its sequence number is not used again
  mkdirSync(join(from(), 'recordings/acc_1'), { recursive: true });
  writeFileSync(join(from(), 'recordings/acc_1/rec_1.wav'), RECORDING);
  writeFileSync(join(from(), 'recordings/empty.wav'), '');
  mkdirSync(join(from(), 'uploads/acc_1/attachments'), { recursive: true });
  writeFileSync(join(from(), 'uploads/acc_1/attachments/att_1'), PICTURE);
  mkdirSync(join(from(), 'prompts'));
  writeFileSync(join(from(), 'prompts/cached.wav'), 'made anew when needed');
  writeFileSync(join(from(), 'secret.key'), SECRET, { mode: 0o600 });
  return client;
}

/** Every row of every table as text. */
async function contents(client: pg.Client): Promise<Record<string, string[]>> {
  const tables: Record<string, string[]> = {};
  for (const { name } of await listTables(client)) {
    const { rows } = await client.query<{ row: string }>(`select t::text as row from "${name}" t order by 1`);
    tables[name] = rows.map(({ row }) => row);
  }
  return tables;
}

const refusal = async (attempt: Promise<unknown>): Promise<string> => {
  const error: unknown = await attempt.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StorageError);
  expect((error as StorageError).message).not.toContain('\n');
  return (error as StorageError).message;
};

test('a restored backup is the same database, the same recordings and the same secret', async () => {
  const client = await fill();
  const before = await contents(client);
  const made = await makeBackup();
  expect(made).toMatchObject({ rows: 3002, files: 4, secret: true, bytes: statSync(archive).size });
  expect(statSync(archive).mode & 0o777).toBe(0o600);
  expect(existsSync(`${archive}.partial`)).toBe(false);

  const restored = await restoreIt();
  expect(restored).toMatchObject({ tables: made.tables, rows: 3002, files: 4, secret: true });
  const copy = await connect(target);
  expect(await contents(copy)).toEqual(before);
  expect(readdirSync(to(), { recursive: true }).toSorted()).toEqual([
    'recordings',
    'recordings/acc_1',
    'recordings/acc_1/rec_1.wav',
    'recordings/empty.wav',
    'secret.key',
    'uploads',
    'uploads/acc_1',
    'uploads/acc_1/attachments',
    'uploads/acc_1/attachments/att_1',
  ]);
  expect(readFileSync(join(to(), 'recordings/acc_1/rec_1.wav')).equals(RECORDING)).toBe(true);
  expect(readFileSync(join(to(), 'uploads/acc_1/attachments/att_1')).toString()).toBe(PICTURE);
  expect(readFileSync(join(to(), 'secret.key')).equals(SECRET)).toBe(true);
  expect(statSync(join(to(), 'secret.key')).mode & 0o777).toBe(0o600);

  const insert = `insert into events (id, account_id, mode, type, subject, data, created_at)
    values ($2, $1, 'live', 'x', 'x', '{}', now()) returning sequence`;
  expect((await copy.query(insert, ['acc_1', 'evt_next'])).rows).toEqual([{ sequence: 3001 }]);
  await expect(copy.query(insert, ['acc_missing', 'evt_other'])).rejects.toThrow('violates foreign key constraint');
});

test('a backup is of one moment while others write', async () => {
  const client = await fill();
  let writing = true;
  const writer = (async () => {
    for (let number = 1; writing; number++) {
      // Both or neither are in any one moment.
      await client.query(`with account as (
          insert into accounts (id, name, domain, created_at) values ('acc_w${number}', 'w${number}', 'w${number}', now()))
        insert into audit_log (id, actor, action, subject, created_at)
        values ('aud_${number}', 'x', 'x', 'acc_w${number}', now())`);
    }
  })();
  await makeBackup();
  writing = false;
  await writer;
  await restoreIt();
  const copy = await connect(target);
  const { rows } = await copy.query(
    `select (select count(*) from accounts where id like 'acc_w%') as accounts, (select count(*) from audit_log) as log,
       (select count(*) from audit_log l where not exists (select from accounts a where a.id = l.subject)) as torn`,
  );
  const [{ accounts, log, torn }] = rows as [{ accounts: number; log: number; torn: number }];
  expect({ log, torn }).toEqual({ log: accounts, torn: 0 });
});

test('without a key file the backup says so, and a restore keeps the one that is there', async () => {
  await fill();
  rmSync(join(from(), 'secret.key'));
  expect(await makeBackup()).toMatchObject({ secret: false, files: 3 });
  mkdirSync(to());
  writeFileSync(join(to(), 'secret.key'), 'kept');
  expect(await restoreIt({ force: true })).toMatchObject({ secret: false });
  expect(readFileSync(join(to(), 'secret.key'), 'utf8')).toBe('kept');
});

test('a backup overwrites nothing and leaves nothing half-made', async () => {
  writeFileSync(archive, 'precious');
  expect(await refusal(makeBackup())).toBe(`${archive} exists already`);
  expect(readFileSync(archive, 'utf8')).toBe('precious');
  const nowhere = backup({ connection: source.connection, dataFolder: from(), out: join(folder, 'none/x.tar.gz') });
  expect(await refusal(nowhere)).toContain('cannot write the backup');
  const ofNothing = backup({ connection: target.connection, dataFolder: from(), out: join(folder, 'x.tar.gz') });
  expect(await refusal(ofNothing)).toBe('the database is empty: there is nothing to back up');
  expect(readdirSync(folder)).toEqual(['backup.tar.gz']);
});

describe('a restore over other data', () => {
  let copy: pg.Client;

  beforeEach(async () => {
    await fill();
    await makeBackup();
    await restoreIt();
    copy = await connect(target);
    await copy.query(`insert into accounts (id, name, domain, created_at) values ('acc_3', '3', '3', now())`);
    writeFileSync(join(to(), 'recordings/later.wav'), 'later');
  });

  test('is refused and changes nothing', async () => {
    const before = await contents(copy);
    expect(await refusal(restoreIt())).toBe(
      'the database holds data already (table accounts): restore with --force to replace it',
    );
    const empty = await createEmptyDatabase();
    expect(await refusal(restoreIt({ connection: empty.connection }))).toBe(
      `${join(to(), 'recordings')} is there already: restore with --force to replace it`,
    );
    await empty.close();
    expect(await contents(copy)).toEqual(before);
  });

  test('by force replaces all of it', async () => {
    await restoreIt({ force: true });
    expect((await contents(copy))['accounts']).toHaveLength(2);
    expect(readdirSync(join(to(), 'recordings')).toSorted()).toEqual(['acc_1', 'empty.wav']);
    expect(readdirSync(to()).toSorted()).toEqual(['recordings', 'secret.key', 'uploads']);
  });

  test.each<[string, (whole: Buffer) => Buffer, RegExp]>([
    ['cut off', (whole) => whole.subarray(0, whole.length - 200_000), /unexpected end of file|cut off/],
    [
      'damaged',
      (whole) => Buffer.from(whole).fill(0, whole.length - 300_000, whole.length - 200_000),
      /cannot restore/,
    ],
    ['no archive at all', () => Buffer.from('hello'), /incorrect header check/],
    ['another archive', () => gzipSync(Buffer.concat([tarHeader('x', 0, 0), tarEnd()])), /not a backup of Sidetone/],
  ])('by force, with an archive that is %s, changes nothing', async (_name, change, reason) => {
    const before = await contents(copy);
    writeFileSync(archive, change(readFileSync(archive)));
    expect(await refusal(restoreIt({ force: true }))).toMatch(reason);
    expect(await contents(copy)).toEqual(before);
    expect(readdirSync(to()).toSorted()).toEqual(['recordings', 'secret.key', 'uploads']);
    expect(existsSync(join(to(), 'recordings/later.wav'))).toBe(true);
  });

  test('is refused while a Sidetone runs on it', async () => {
    const running = new pg.Client(clientOptions(target.connection));
    await running.connect();
    open.push(running);
    expect(await refusal(restoreIt({ force: true }))).toBe(
      'a Sidetone is running on this database: stop it, then restore',
    );
  });
});

describe('an archive made by somebody else', () => {
  const manifest = (changes: object): Buffer =>
    Buffer.from(
      JSON.stringify({
        format: 'sidetone-backup-1',
        createdAt: '2026-01-01T00:00:00.000Z',
        migrations: Object.keys(migrations),
        tables: [],
        sequences: [],
        ...changes,
      }),
    );
  const write = (files: Record<string, Buffer>): void => {
    const bytes = Object.entries(files).flatMap(([name, content]) => [
      tarHeader(name, content.length, 0),
      content,
      tarPadding(content.length),
    ]);
    writeFileSync(archive, gzipSync(Buffer.concat([...bytes, tarEnd()])));
  };

  test.each([
    '../evil',
    'recordings/../../evil',
    '/etc/evil',
    'recordings',
    'recordings/',
    'postgres/x',
    'tables/x/000001',
  ])('puts no file at %s', async (name) => {
    write({ 'manifest.json': manifest({}), [name]: Buffer.from('evil') });
    expect(await refusal(restoreIt())).toContain(`${JSON.stringify(name)} does not belong into a backup`);
    expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual(['backup.tar.gz', 'to']);
  });

  test('of a newer version is refused', async () => {
    write({ 'manifest.json': manifest({ migrations: [...Object.keys(migrations), '9999-later'] }) });
    expect(await refusal(restoreIt())).toContain('made by a newer version of Sidetone (it has 9999-later)');
    write({ 'manifest.json': manifest({ format: 'sidetone-backup-2' }) });
    expect(await refusal(restoreIt())).toContain('does not know its format');
  });

  test('with fewer rows than it names is refused', async () => {
    write({ 'manifest.json': manifest({ tables: [{ name: 'accounts', columns: ['id'], rows: 1 }] }) });
    expect(await refusal(restoreIt())).toContain('table accounts came to 0 rows instead of 1');
  });
});
