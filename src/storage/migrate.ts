import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { migrations as releasedMigrations } from './migrations/index.js';
import { StorageError } from './storage-error.js';

/** Kysely's table of the migrations that ran. */
export const MIGRATION_TABLE = 'kysely_migration';

export interface SchemaState {
  /** Names of the migrations that ran, in order. */
  applied: string[];
  /** Those of this version that did not. */
  pending: string[];
  /** Those that ran but are not of this version: the database is newer. */
  unknown: string[];
}

export interface MigrateOptions {
  migrations?: Record<string, Migration>;
  /** Stop after this migration; by default the last. */
  upTo?: string | undefined;
  /** `db` is in a transaction already; otherwise all migrations run in one of their own. */
  inTransaction?: boolean;
}

/** Which migrations the database has; for readiness. */
export async function schemaState<Tables>(
  db: Kysely<Tables>,
  migrations: Record<string, Migration> = releasedMigrations,
): Promise<SchemaState> {
  const found = await sql<{ there: boolean }>`
    select to_regclass(${sql.lit(`"${MIGRATION_TABLE}"`)}) is not null as there`.execute(db);
  const applied =
    found.rows[0]?.there === true
      ? (
          await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)} order by name`.execute(db)
        ).rows.map((row) => row.name)
      : [];
  const known = Object.keys(migrations).toSorted();
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/**
 * Brings the schema to this version. Several processes may do so at once: an advisory lock lets one work.
 * @throws StorageError when the database's schema is newer than this version (rule 23), or a migration fails; then
 * nothing has changed, for all run in one transaction.
 */
export async function migrate<Tables>(
  db: Kysely<Tables>,
  options: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  const { migrations = releasedMigrations } = options;
  const state = await schemaState(db, migrations);
  if (state.unknown.length > 0) {
    throw new StorageError(
      `the database is newer than this version of Sidetone (it has ${state.unknown.join(', ')}): start the newer version`,
    );
  }
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    disableTransactions: options.inTransaction === true,
  });
  const { error, results = [] } =
    options.upTo === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(options.upTo);
  if (error !== undefined) {
    const failed = results.find((result) => result.status === 'Error');
    const reason = error instanceof Error ? error.message : JSON.stringify(error);
    throw new StorageError(`migration ${failed?.migrationName ?? ''} failed: ${reason}`, { cause: error });
  }
  return { applied: results.map((result) => result.migrationName) };
}
