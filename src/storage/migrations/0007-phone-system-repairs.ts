import { sql, type Kysely } from 'kysely';

/** What the phone system's reviews showed to be missing. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [];
