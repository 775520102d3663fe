import { createWriteStream, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { systemClock, type Clock } from '../../clock.js';
import { clientOptions, connectFailure, type Connection } from '../connection.js';
import { StorageError } from '../storage-error.js';
import { FILE_FOLDERS, FORMAT, MANIFEST, SECRET_FILE, tablePart, type Manifest } from './manifest.js';
import { copyStatement, countRows, listMigrations, listSequences, listTables } from './tables.js';
import { tarEnd, tarHeader, tarPadding } from './tar.js';

export interface BackupOptions {
  connection: Connection;
  /** Where `recordings/` and `secret.key` are. */
  dataFolder: string;
  /** The archive to write (`.tar.gz`), with mode 0600; it must not exist. */
  out: string;
  clock?: Clock;
}

export interface BackupSummary {
  tables: number;
  rows: number;
  files: number;
  /** Size of the archive. */
  bytes: number;
  /** Whether it holds the secret key; without it, keep SIDETONE_SECRET_KEY: encrypted values are lost otherwise. */
  secret: boolean;
}

/** Rows are held in memory up to this size, for an archive names a file's size before its content. */
const TABLE_PART_BYTES = 4 * 1024 * 1024;
const FILE_CHUNK_BYTES = 256 * 1024;

/**
 * Writes one archive of everything that cannot be made anew: the database as of one moment, the recordings and the
 * secret key. The server may run and write meanwhile.
 * @throws StorageError when the archive exists or cannot be written, or the database cannot be reached.
 */
export async function backup(options: BackupOptions): Promise<BackupSummary> {
  const { out, clock = systemClock } = options;
  if (existsSync(out)) throw new StorageError(`${out} exists already`);
  const client = new pg.Client(clientOptions(options.connection));
  await client.connect().catch((error: unknown) => {
    throw connectFailure(options.connection, error);
  });
  const draft = `${out}.partial`;
  const summary = { tables: 0, rows: 0, files: 0, secret: false };
  try {
    const content = archiveContent(client, options.dataFolder, clock, summary);
    await pipeline(content, createGzip(), createWriteStream(draft, { mode: 0o600, flush: true }));
    renameSync(draft, out);
    return { ...summary, bytes: statSync(out).size };
  } catch (error) {
    rmSync(draft, { force: true });
    const { message, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) throw new StorageError(`cannot write the backup: ${message}`);
    throw error;
  } finally {
    await client.end();
  }
}

/** The archive's bytes; counts in `summary` what it has put in. */
async function* archiveContent(
  client: pg.Client,
  dataFolder: string,
  clock: Clock,
  summary: Omit<BackupSummary, 'bytes'>,
): AsyncGenerator<Buffer> {
  const now = clock.now();
  const entry = (name: string, content: Buffer): Buffer[] => [
    tarHeader(name, content.length, Math.floor(now / 1000)),
    content,
    tarPadding(content.length),
  ];

  await client.query('begin isolation level repeatable read read only');
  const manifest: Manifest = {
    format: FORMAT,
    createdAt: new Date(now).toISOString(),
    migrations: await listMigrations(client),
    tables: [],
    sequences: [],
  };
  for (const table of await listTables(client)) {
    manifest.tables.push({ ...table, rows: await countRows(client, table.name) });
  }
  manifest.sequences = await listSequences(client);
  yield* entry(MANIFEST, Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`));
  for (const table of manifest.tables) {
    let part = 0;
    for await (const rows of inParts(client.query(copyTo(copyStatement(client, table, 'to stdout'))))) {
      yield* entry(tablePart(table.name, ++part), rows);
    }
    summary.tables++;
    summary.rows += table.rows;
  }
  await client.query('commit');

  // After the database's moment: what a row names is there, unless it has been deleted since.
  for (const name of [...listFiles(dataFolder), SECRET_FILE]) {
    const file = await openIfThere(join(dataFolder, name));
    if (file === undefined) continue;
    try {
      yield* fileEntry(file, name);
    } finally {
      await file.close();
    }
    summary.files++;
    if (name === SECRET_FILE) summary.secret = true;
  }
  yield tarEnd();
}

/** Cuts COPY's text between rows: a line feed inside a value is written as \\n. */
async function* inParts(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    const lastRowEnd = chunk.lastIndexOf('\n') + 1;
    if (bytes + chunk.length < TABLE_PART_BYTES || lastRowEnd === 0) {
      held.push(chunk);
      bytes += chunk.length;
      continue;
    }
    yield Buffer.concat([...held, chunk.subarray(0, lastRowEnd)]);
    held = [chunk.subarray(lastRowEnd)];
    bytes = chunk.length - lastRowEnd;
  }
  if (bytes > 0) yield Buffer.concat(held);
}

/** Names below the data folder, with slashes, in order. */
function listFiles(dataFolder: string): string[] {
  const names: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(dataFolder, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else if (entry.isFile()) names.push(name);
    }
  };
  for (const folder of FILE_FOLDERS) if (existsSync(join(dataFolder, folder))) walk(folder);
  return names.toSorted();
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function* fileEntry(file: FileHandle, name: string): AsyncGenerator<Buffer> {
  const { size, mtimeMs } = await file.stat();
  yield tarHeader(name, size, Math.floor(mtimeMs / 1000));
  let left = size;
  while (left > 0) {
    // Not beyond the size that the header tells, should the file grow.
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(Math.min(left, FILE_CHUNK_BYTES)) });
    if (bytesRead === 0) throw new StorageError(`${name} became shorter while it was read: start the backup again`);
    left -= bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
  yield tarPadding(size);
}
