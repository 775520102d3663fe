import { sql, type Kysely } from 'kysely';

/** What the phone system's reviews showed to be missing. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  // A change of a text that none of its other moments tells of, or takes back: those who keep a copy ask by the latest.
  `alter table messages add column changed_at timestamptz`,
  `drop index messages_updated`,
  `create index messages_updated
    on messages (account_id, mode, greatest(created_at, sent_at, ended_at, read_at, changed_at), id)
    where purpose <> 'verification' and removed_at is null`,
];
