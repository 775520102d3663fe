import { inject } from 'vitest';
import type { Connection } from '#storage/connection.js';
import { dropDatabase, makeDatabase, onDatabase } from './database-template.js';

export interface TestDatabase {
  connection: Connection;
  /** Drops it, also while connections to it are open. */
  close(): Promise<void>;
}

/** A database of the test's own with every migration: a copy of the run's template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('testServer');
  const name = await makeDatabase(server, inject('templateDatabase'));
  return { connection: onDatabase(server, name), close: () => dropDatabase(server, name) };
}

/** A database of the test's own without any table. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const server = inject('testServer');
  const name = await makeDatabase(server);
  return { connection: onDatabase(server, name), close: () => dropDatabase(server, name) };
}
