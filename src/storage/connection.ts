import pg from 'pg';
import type { SocketConnection } from './embedded.js';
import { StorageError } from './storage-error.js';

/** Where a database is: the embedded server's socket, or the URL of `DATABASE_URL`. */
export type Connection = SocketConnection | { url: string };

/** By which a server's list of connections shows ours. */
export const APPLICATION_NAME = 'sidetone';
/** How long a server may take to answer a connection. */
const CONNECT_WITHIN_MS = 10_000;

const INT8: number = pg.types.builtins.INT8;
const DATE: number = pg.types.builtins.DATE;

/** int8: a number, or a bigint where a number would lose digits. date: its text, for it has no time zone. */
const parsers: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary'): unknown => {
    if (format !== 'binary' && id === INT8) return parseInt8;
    if (format !== 'binary' && id === DATE) return (text: string) => text;
    return pg.types.getTypeParser(id, format);
  }) as pg.CustomTypesConfig['getTypeParser'],
};

function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** @throws StorageError when the URL is not one of PostgreSQL's. */
export function clientOptions(connection: Connection): pg.ClientConfig {
  const common: pg.ClientConfig = {
    types: parsers,
    application_name: APPLICATION_NAME,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
  };
  if (!('url' in connection)) return { ...common, ...connection };
  if (!/^postgres(ql)?:\/\//.test(connection.url)) {
    throw new StorageError('DATABASE_URL must begin with postgres:// or postgresql://');
  }
  try {
    new pg.Client(connection.url); // reads the URL and connects to nothing
  } catch {
    throw new StorageError('DATABASE_URL is not a valid URL (a special character in the password must be %-encoded)');
  }
  return { ...common, connectionString: connection.url };
}

/** The database's place without its password, for messages. */
export function describeConnection(connection: Connection): string {
  if (!('url' in connection)) return `${connection.host} (database ${connection.database})`;
  const client = new pg.Client(connection.url);
  return `${client.host}:${client.port} (database ${client.database ?? 'of the user'}, user ${client.user ?? 'unnamed'})`;
}

/** One line for a failed connection. */
export function connectFailure(connection: Connection, error: unknown): StorageError {
  // Node tries every address of a name and then throws them together, with an empty message.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const reason = first instanceof Error && first.message !== '' ? first.message : String(first);
  return new StorageError(
    `cannot reach PostgreSQL at ${describeConnection(connection)}: ${reason.replace(/\s+/g, ' ')}`,
  );
}
