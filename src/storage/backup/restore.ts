import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { APPLICATION_NAME, clientOptions, connectFailure, type Connection } from '../connection.js';
import { migrate } from '../migrate.js';
import { migrations as releasedMigrations } from '../migrations/index.js';
import { StorageError } from '../storage-error.js';
import {
  FILE_FOLDERS,
  FORMAT,
  isDataFile,
  MANIFEST,
  MAX_MANIFEST_BYTES,
  SECRET_FILE,
  tableOfEntry,
  type Manifest,
} from './manifest.js';
import { copyStatement, countRows, disableTriggers, dropForeignKeys, listTables } from './tables.js';
import { readTar, type TarEntry } from './tar.js';

export interface RestoreOptions {
  archive: string;
  connection: Connection;
  /** Gets `recordings/` and `secret.key`. */
  dataFolder: string;
  /** Replace what is there: every table of the database's schema, the recordings and the secret key. */
  force?: boolean;
}

export interface RestoreSummary {
  /** The moment of which the backup is. */
  createdAt: string;
  tables: number;
  rows: number;
  files: number;
  secret: boolean;
}

const RUNNING_LOOKS = 20;
const RUNNING_LOOK_MS = 50;

/**
 * Puts a backup in place, with no server running and no pool of ours open. The database has then the schema of the backup; the next start
 * brings it to this version's. All or nothing: what is there stays until the whole archive has been read and counted.
 * @throws StorageError when there is data already, or the archive is damaged or of a newer version.
 */
export async function restore(options: RestoreOptions): Promise<RestoreSummary> {
  const { connection, dataFolder } = options;
  const client = new pg.Client(clientOptions(connection));
  await client.connect().catch((error: unknown) => {
    throw connectFailure(connection, error);
  });
  // In the data folder itself: a rename from there into place cannot fail half-way.
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const staging = mkdtempSync(join(dataFolder, 'restore-'));
  try {
    await refuseRunning(client);
    if (options.force !== true) await refuseOccupied(client, dataFolder);
    await client.query('begin');
    const summary = await load(client, options.archive, staging);
    await client.query('commit');
    putFilesInPlace(staging, dataFolder);
    return summary;
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError(`cannot restore ${options.archive}: ${(error as Error).message}`, { cause: error });
  } finally {
    await client.end();
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Under a running server its data and the backup's would mix. A connection just closed is listed a moment longer. */
async function refuseRunning(client: pg.Client): Promise<void> {
  for (let look = 1; look <= RUNNING_LOOKS; look++) {
    const { rowCount } = await client.query(
      `select from pg_stat_activity
        where datname = current_database() and application_name = $1 and pid <> pg_backend_pid() limit 1`,
      [APPLICATION_NAME],
    );
    if (rowCount === 0) return;
    await pause(RUNNING_LOOK_MS);
  }
  throw new StorageError('a Sidetone is running on this database: stop it, then restore');
}

async function refuseOccupied(client: pg.Client, dataFolder: string): Promise<void> {
  for (const { name } of await listTables(client)) {
    if ((await countRows(client, name)) > 0) {
      throw new StorageError(`the database holds data already (table ${name}): restore with --force to replace it`);
    }
  }
  const occupied = [...FILE_FOLDERS, SECRET_FILE].find((name) => {
    const path = join(dataFolder, name);
    return existsSync(path) && (name === SECRET_FILE || readdirSync(path).length > 0);
  });
  if (occupied !== undefined) {
    throw new StorageError(`${join(dataFolder, occupied)} is there already: restore with --force to replace it`);
  }
}

/** Loads the archive in the client's transaction, its files into `staging`. */
async function load(client: pg.Client, archive: string, staging: string): Promise<RestoreSummary> {
  const unzipped = createGunzip();
  const reading = pipeline(createReadStream(archive), unzipped);
  reading.catch(() => undefined); // whoever reads `unzipped` hears of it
  const entries = readTar(unzipped as AsyncIterable<Buffer>);
  try {
    const first = await entries.next();
    if (first.done === true || first.value.name !== MANIFEST) throw new Error('it is not a backup of Sidetone');
    const manifest = await readManifest(first.value);
    await prepareSchema(client, manifest);
    const addForeignKeys = await dropForeignKeys(client);
    const enableTriggers = await disableTriggers(client);
    let files = 0;
    let secret = false;
    for await (const entry of entries) {
      const table = manifest.tables.find(({ name }) => name === tableOfEntry(entry.name));
      if (table !== undefined) {
        await pipeline(entry.content, client.query(copyFrom(copyStatement(client, table, 'from stdin'))));
      } else if (isDataFile(entry.name)) {
        await extract(entry, join(staging, entry.name));
        files++;
        secret ||= entry.name === SECRET_FILE;
      } else {
        throw new Error(`${JSON.stringify(entry.name)} does not belong into a backup`);
      }
    }
    await reading; // the checksum of the whole
    await addForeignKeys();
    await enableTriggers();
    const rows = await verifyCounts(client, manifest);
    for (const { name, value } of manifest.sequences) {
      await client.query('select setval(quote_ident($1)::regclass, $2)', [name, value]);
    }
    return { createdAt: manifest.createdAt, tables: manifest.tables.length, rows, files, secret };
  } finally {
    unzipped.destroy();
  }
}

/** @returns how many rows there are. */
async function verifyCounts(client: pg.Client, manifest: Manifest): Promise<number> {
  let total = 0;
  for (const { name, rows } of manifest.tables) {
    const loaded = await countRows(client, name);
    if (loaded !== rows) throw new Error(`table ${name} came to ${loaded} rows instead of ${rows}`);
    total += rows;
  }
  return total;
}

async function extract(entry: TarEntry, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  await pipeline(entry.content, createWriteStream(path, { mode: 0o600, flush: true }));
}

async function readManifest(entry: TarEntry): Promise<Manifest> {
  if (entry.bytes > MAX_MANIFEST_BYTES) throw new Error('its manifest is too large');
  const chunks: Buffer[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  const manifest = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Manifest;
  if (manifest.format !== FORMAT) throw new Error('this version of Sidetone does not know its format');
  const unknown = manifest.migrations.filter((name) => !(name in releasedMigrations));
  if (unknown.length > 0) {
    throw new Error(`it was made by a newer version of Sidetone (it has ${unknown.join(', ')}): restore with that`);
  }
  return manifest;
}

/** Empty tables as they were when the backup was made. */
async function prepareSchema(client: pg.Client, manifest: Manifest): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select relname::text as name from pg_class
      where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')`,
  );
  const names = rows.map(({ name }) => client.escapeIdentifier(name));
  if (names.length > 0) await client.query(`drop table ${names.join(', ')} cascade`);
  await dropLoose(client);
  await migrate(kyselyOn(client), { upTo: manifest.migrations.at(-1), inTransaction: true });
}

/** Sequences that no table owns, and functions; not those of extensions. */
async function dropLoose(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ what: string }>(
    `select 'sequence ' || oid::regclass as what from pg_class
      where relnamespace = current_schema()::regnamespace and relkind = 'S'
    union all
    select 'function ' || oid::regprocedure from pg_proc p
      where pronamespace = current_schema()::regnamespace and not exists (
        select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`,
  );
  for (const { what } of rows) await client.query(`drop ${what}`);
}

/** Kysely on one connection, in whatever transaction that is. */
function kyselyOn(client: pg.Client): Kysely<unknown> {
  const borrowed = { query: client.query.bind(client) as PostgresPoolClient['query'], release: () => undefined };
  return new Kysely({
    dialect: new PostgresDialect({ pool: { connect: async () => borrowed, end: async () => undefined } }),
  });
}

/** What was there goes into the staging folder, and away with it. A secret key stays unless there is another. */
function putFilesInPlace(staging: string, dataFolder: string): void {
  for (const name of [...FILE_FOLDERS, SECRET_FILE]) {
    const staged = join(staging, name);
    const target = join(dataFolder, name);
    const restored = existsSync(staged);
    if (existsSync(target) && (restored || name !== SECRET_FILE)) renameSync(target, `${staged}.replaced`);
    if (restored) renameSync(staged, target);
  }
}
