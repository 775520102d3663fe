import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock, type Clock } from '../clock.js';
import type { StorageLog } from './log.js';
import { findPostgresBinaries, linkLibraries } from './postgres/binaries.js';
import { lockFolder } from './postgres/folder-lock.js';
import { initialiseCluster, SUPERUSER } from './postgres/initialise.js';
import { endLeftOver } from './postgres/left-over.js';
import { chooseWay, ownData, possibleWays, type Way } from './postgres/run-as.js';
import { giveRuntimeFolder, makeRuntimeFolder, removeRuntimeFolder, SOCKET_PORT } from './postgres/runtime-folder.js';
import { startServerProcess } from './postgres/server-process.js';
import { superviseServer, type SupervisedServer } from './postgres/supervisor.js';
import { startWatchdog } from './postgres/watchdog.js';
import { StorageError } from './storage-error.js';

/** A PostgreSQL server of our own, on a Unix socket that only this user can open. */
export interface EmbeddedPostgres {
  readonly connection: SocketConnection;
  /** How it is kept from running as root. */
  readonly way: Way;
  /** How often it was started again after a crash. */
  readonly restarts: number;
  /** Stops the server and waits for it. Close the pools first: this ends what they still do. */
  close(): Promise<void>;
}

export interface SocketConnection {
  /** The folder of the socket. */
  host: string;
  port: number;
  user: string;
  database: string;
}

export interface EmbeddedOptions {
  /** Made with mode 0700 if it is not there; the database is in `postgres` below it. */
  dataFolder: string;
  log: StorageLog;
  /** The server ends again and again and is not started any more. */
  onGone?: (error: StorageError) => void;
  clock?: Clock;
  /** false for tests only: nothing waits for the disk, a power cut loses everything. */
  durable?: boolean;
  /** For tests: the ways to try, best first. */
  ways?: readonly Way[];
}

const MAX_CONNECTIONS = 100;

const SETTINGS: Record<string, string> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: `${MAX_CONNECTIONS}`,
  timezone: 'UTC',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // A container's /dev/shm is small, and no query here is worth more than one core.
  max_parallel_workers_per_gather: '0',
  // One small server without replicas: no processes that only serve replication or distant disks.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  // What goes wrong with a statement is the caller's to report; its text holds what must not be logged.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  log_line_prefix: '',
};

const NOT_DURABLE: Record<string, string> = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** What a later start and the command line want to know; beside the database. */
interface StartRecord {
  way: Way;
  socketFolder: string;
}

/**
 * Starts PostgreSQL on the data in `dataFolder`, which is created at the first start.
 * @throws StorageError of one line: the folder is in use, not writable or another user's; no program for this platform.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  try {
    return await start(options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || !FOLDER_TROUBLE.has(code)) throw error;
    throw new StorageError(`cannot use the data folder ${options.dataFolder}: ${message}`);
  }
}

const FOLDER_TROUBLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG']);

async function start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log, clock = systemClock, durable = true } = options;
  mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 });
  const dataFolder = realpathSync(options.dataFolder);
  const cluster = join(dataFolder, 'postgres');
  const recordFile = join(dataFolder, 'postgres.json');
  const binaries = findPostgresBinaries();

  // What is open, closed in the opposite order, whether the start succeeds or not.
  const opened: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (let last = opened.pop(); last !== undefined; last = opened.pop()) await last();
  };
  try {
    const lock = lockFolder(dataFolder);
    opened.push(() => lock.close());
    const last = readRecord(recordFile);
    await endLeftOver(cluster, last?.socketFolder);
    if (last !== undefined) removeRuntimeFolder(last.socketFolder);

    const runtimeFolder = makeRuntimeFolder(dataFolder);
    opened.push(() => removeRuntimeFolder(runtimeFolder));
    const environment = (): NodeJS.ProcessEnv => ({
      PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      LC_ALL: 'C',
      ...linkLibraries(binaries, join(runtimeFolder, 'lib')),
    });
    const ways = options.ways ?? possibleWays();
    const runAs = await chooseWay(binaries, environment(), lastWayFirst(ways, last?.way));
    giveRuntimeFolder(runtimeFolder, runAs.uid);
    const { way } = runAs;
    writeFileSync(recordFile, JSON.stringify({ way, socketFolder: runtimeFolder } satisfies StartRecord), {
      mode: 0o600,
    });
    const watchdog = startWatchdog(runtimeFolder);
    opened.push(() => watchdog.close());
    await initialiseCluster(cluster, { binaries, runAs, environment: environment(), watchdog, durable });
    ownData(cluster, runAs);

    const settings = {
      ...SETTINGS,
      ...(durable ? {} : NOT_DURABLE),
      unix_socket_directories: runtimeFolder,
      port: `${SOCKET_PORT}`,
    };
    const command = runAs.wrap([
      binaries.postgres,
      ...['-D', cluster],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]);
    const server: SupervisedServer = await superviseServer({
      clock,
      log,
      onGone: options.onGone ?? ((error) => log.error(error.message)),
      launch() {
        const launched = startServerProcess({
          command,
          environment: environment(),
          clock,
          onLine: (line) => {
            if (WORTH_LOGGING.test(line)) log.warn(`PostgreSQL: ${line}`);
          },
        });
        watchdog.watch(launched.pid);
        void launched.ended.then(() => watchdog.watch(undefined));
        return launched;
      },
    });
    opened.push(() => server.close());
    const connection = { host: runtimeFolder, port: SOCKET_PORT, user: SUPERUSER, database: SUPERUSER };
    await createDatabase(connection);
    return {
      connection,
      way,
      get restarts() {
        return server.restarts;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const WORTH_LOGGING = /PANIC|FATAL|not properly shut down|was interrupted|terminated by signal|No space left/;

function readRecord(path: string): StartRecord | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as StartRecord;
  } catch {
    return undefined; // cut off by a crash; it is written anew
  }
}

/** The data belongs already to the user of the way used last. */
function lastWayFirst(ways: readonly Way[], last: Way | undefined): Way[] {
  return ways.toSorted((one, other) => Number(other === last) - Number(one === last));
}

async function createDatabase(connection: SocketConnection): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [connection.database]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(connection.database)}`);
  } finally {
    await client.end();
  }
}
