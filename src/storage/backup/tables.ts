import type pg from 'pg';
import { MIGRATION_TABLE } from '../migrate.js';
import { StorageError } from '../storage-error.js';
import type { Manifest, TableManifest } from './manifest.js';

/** Sidetone's tables with the columns that hold data (generated ones are computed anew), by name. */
export async function listTables(client: pg.ClientBase): Promise<Omit<TableManifest, 'rows'>[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `select c.relname::text as name,
       array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = '') as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname not like $1
     group by c.relname order by c.relname`,
    [`${MIGRATION_TABLE}%`],
  );
  return rows;
}

/** @throws StorageError when this is no database of Sidetone's. */
export async function listMigrations(client: pg.ClientBase): Promise<string[]> {
  const found = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    MIGRATION_TABLE,
  ]);
  if (found.rows[0]?.there !== true) throw new StorageError('the database is empty: there is nothing to back up');
  const { rows } = await client.query<{ name: string }>(`select name from ${MIGRATION_TABLE} order by name`);
  return rows.map((row) => row.name);
}

export async function countRows(client: pg.ClientBase, table: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*) as count from ${client.escapeIdentifier(table)}`,
  );
  return rows[0]?.count ?? 0;
}

/** Sequences that were used. They do not belong to a snapshot: a value may be later than the rows, never earlier. */
export async function listSequences(client: pg.ClientBase): Promise<Manifest['sequences']> {
  const { rows } = await client.query<{ name: string; value: number }>(
    `select sequencename::text as name, last_value as value from pg_sequences
      where schemaname = current_schema() and last_value is not null order by sequencename`,
  );
  return rows;
}

/** `COPY` of a table in the given direction; the columns by name, so that their order may differ. */
export function copyStatement(client: pg.ClientBase, table: Omit<TableManifest, 'rows'>, direction: string): string {
  const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ');
  return `copy ${client.escapeIdentifier(table.name)} (${columns}) ${direction}`;
}

/**
 * Takes the foreign keys away, so that tables can be loaded in any order.
 * @returns what puts them back, which checks every row.
 */
export async function dropForeignKeys(client: pg.ClientBase): Promise<() => Promise<void>> {
  const { rows } = await client.query<{ table: string; name: string; definition: string }>(
    `select c.relname::text as table, k.conname::text as name, pg_get_constraintdef(k.oid) as definition
     from pg_constraint k join pg_class c on c.oid = k.conrelid
     where k.contype = 'f' and c.relnamespace = current_schema()::regnamespace`,
  );
  const alter = (table: string): string => `alter table ${client.escapeIdentifier(table)}`;
  for (const { table, name } of rows) {
    await client.query(`${alter(table)} drop constraint ${client.escapeIdentifier(name)}`);
  }
  return async () => {
    for (const { table, name, definition } of rows) {
      await client.query(`${alter(table)} add constraint ${client.escapeIdentifier(name)} ${definition}`);
    }
  };
}

/**
 * Keeps triggers of ours from firing while rows are loaded: what they wrote is among the rows.
 * @returns what sets them free again.
 */
export async function disableTriggers(client: pg.ClientBase): Promise<() => Promise<void>> {
  const { rows } = await client.query<{ table: string }>(
    `select distinct c.relname::text as table from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace`,
  );
  const all = async (what: 'disable' | 'enable'): Promise<void> => {
    for (const { table } of rows) {
      await client.query(`alter table ${client.escapeIdentifier(table)} ${what} trigger user`);
    }
  };
  await all('disable');
  return () => all('enable');
}
