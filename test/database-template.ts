import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { clientOptions, type Connection } from '#storage/connection.js';
import { openDatabase } from '#storage/database.js';
import { migrate } from '#storage/migrate.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The same server, another database. */
export function onDatabase(server: Connection, database: string): Connection {
  if (!('url' in server)) return { ...server, database };
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return { url: url.href };
}

/** @returns the new database's name. */
export async function makeDatabase(server: Connection, template?: string): Promise<string> {
  const name = `sidetone_${randomUUID().replaceAll('-', '')}`;
  // Without writing each page to the log as well, which nobody reads here.
  const copied = template === undefined ? '' : ` template "${template}" strategy file_copy`;
  await onServer(server, `create database "${name}"${copied}`);
  return name;
}

/** Also while connections to it are open. */
export async function dropDatabase(server: Connection, name: string): Promise<void> {
  await onServer(server, `drop database "${name}" with (force)`);
}

/** Makes a database with every migration. @returns its name. */
export async function makeTemplate(server: Connection): Promise<string> {
  const name = await makeDatabase(server);
  const storage = await openDatabase({ connection: onDatabase(server, name), log: silent, maxConnections: 2 });
  try {
    await migrate(storage.kysely);
  } finally {
    await storage.close();
  }
  return name;
}

async function onServer(server: Connection, statement: string): Promise<void> {
  const client = new pg.Client(clientOptions(server));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
