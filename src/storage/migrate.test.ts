import { sql, type Kysely, type Migration } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '#test/database.js';
import { openDatabase, type Storage } from './database.js';
import { migrate, schemaState } from './migrate.js';
import { StorageError } from './storage-error.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let database: TestDatabase;
let storage: Storage<unknown>;

beforeEach(async () => {
  database = await createEmptyDatabase();
  storage = await openDatabase({ connection: database.connection, log });
});
afterEach(async () => {
  await storage.close();
  await database.close();
});

const createTable = (name: string): Migration => ({
  up: async (db: Kysely<unknown>) => void (await sql`create table ${sql.table(name)} (id integer)`.execute(db)),
});
const failing: Migration = { up: async (db: Kysely<unknown>) => void (await sql`select 1 / 0`.execute(db)) };

const first = { '0001-first': createTable('first') };
const both = { ...first, '0002-second': createTable('second') };

test('applies what is missing, once', async () => {
  expect(await schemaState(storage.kysely, both)).toEqual({
    applied: [],
    pending: ['0001-first', '0002-second'],
    unknown: [],
  });
  expect(await migrate(storage.kysely, { migrations: first })).toEqual({ applied: ['0001-first'] });
  expect(await migrate(storage.kysely, { migrations: both })).toEqual({ applied: ['0002-second'] });
  expect(await migrate(storage.kysely, { migrations: both })).toEqual({ applied: [] });
  expect(await schemaState(storage.kysely, both)).toEqual({
    applied: ['0001-first', '0002-second'],
    pending: [],
    unknown: [],
  });
});

test('two processes at once: one works, both succeed', async () => {
  const other = await openDatabase({ connection: database.connection, log });
  const runs = await Promise.all([storage, other].map((one) => migrate(one.kysely, { migrations: both })));
  await other.close();
  expect(runs.flatMap((run) => run.applied)).toEqual(['0001-first', '0002-second']);
});

test('a newer database is refused and left alone', async () => {
  await migrate(storage.kysely, { migrations: both });
  await expect(migrate(storage.kysely, { migrations: first })).rejects.toThrow(
    new StorageError(
      'the database is newer than this version of Sidetone (it has 0002-second): start the newer version',
    ),
  );
  expect((await schemaState(storage.kysely, first)).unknown).toEqual(['0002-second']);
});

test('a failing migration leaves nothing behind', async () => {
  const run = migrate(storage.kysely, { migrations: { ...first, '0002-second': failing } });
  await expect(run).rejects.toThrow('migration 0002-second failed: division by zero');
  expect((await schemaState(storage.kysely, first)).applied).toEqual([]);
  expect((await storage.pool.query(`select to_regclass('first') as first`)).rows).toEqual([{ first: null }]);
});

test('the template of the tests has every migration', async () => {
  const copy = await createTestDatabase();
  const opened = await openDatabase({ connection: copy.connection, log });
  expect(await schemaState(opened.kysely)).toMatchObject({ pending: [], unknown: [] });
  await opened.close();
  await copy.close();
});
