import { sql, type Kysely } from 'kysely';

/** What operators hear of, what reading texts takes, and what is kept of calls. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  // Whoever could send texts could read them, until the feature of reading was asked.
  `update plans set features = features || jsonb_build_object('texting', null)
    where features ? 'bulk_texting' and not features ? 'texting'`,

  // What was told as trouble and is not over, so that it is told once (rule 33). Null: the installation's.
  `create table troubles (
    kind text not null,
    subject text not null,
    account_id text references accounts on delete cascade,
    since timestamptz not null,
    primary key (kind, subject)
  )`,

  // Each account keeps words and files for days of its own (rule 22): what is past them is found by account.
  `drop index messages_bodies`,
  `create index messages_bodies on messages (account_id, created_at) where text is not null`,
  `drop index calls_words`,
  `create index calls_words on calls (account_id, ended_at) where ended_at is not null and script ? 'message'`,
  `drop index events_bodies`,
  `create index events_bodies on events (account_id, created_at) where data <> '{}'`,
  `drop index voice_messages_age`,
  `create index voice_messages_age on voice_messages (account_id, created_at)`,
  `create index recordings_age on recordings (account_id, created_at) where deleted_at is null`,

  // How the caller's network signed the call (Identity, RFC 8224); the engine takes 4,096 characters at most.
  `alter table calls add column caller_identity text`,
];
