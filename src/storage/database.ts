import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { systemClock, type Clock } from '../clock.js';
import { clientOptions, connectFailure, type Connection } from './connection.js';
import type { StorageLog } from './log.js';
import { openNotifications, type NotificationHandler } from './notifications.js';

/** The open database. */
export interface Storage<Tables> {
  readonly connection: Connection;
  /** For named prepared statements on hot paths. */
  readonly pool: pg.Pool;
  /** On the same pool. */
  readonly kysely: Kysely<Tables>;
  /** LISTEN; resolves when the server listens. @returns a function that ends this handler. */
  listen(channel: string, handler: NotificationHandler): Promise<() => void>;
  /** Waits for running queries, then closes every connection. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  connection: Connection;
  log: StorageLog;
  clock?: Clock;
  /** Most connections of the pool; one more listens. */
  maxConnections?: number;
}

const MAX_CONNECTIONS = 20;

/** @throws StorageError of one line, without the password, when the server cannot be reached. */
export async function openDatabase<Tables>(options: DatabaseOptions): Promise<Storage<Tables>> {
  const { connection, log, clock = systemClock, maxConnections = MAX_CONNECTIONS } = options;
  const pool = new pg.Pool({ ...clientOptions(connection), max: maxConnections });
  // One that breaks while a transaction holds it, between two queries: the next query fails, which is enough.
  pool.on('connect', (client) => client.on('error', () => undefined));
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', (error) => log.warn(`a connection to the database broke: ${error.message}`));
  try {
    await pool.query('select 1');
  } catch (error) {
    await pool.end();
    throw connectFailure(connection, error);
  }
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const notifications = openNotifications(connection, clock, log);
  return {
    connection,
    pool,
    kysely,
    listen: (channel, handler) => notifications.listen(channel, handler),
    async close() {
      await notifications.close();
      await kysely.destroy();
    },
  };
}
