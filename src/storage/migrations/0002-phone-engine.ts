import { sql, type Kysely } from 'kysely';

/** Trunks as carriers want them and their state; several ways out for one call; who answered. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // Empty prefixes: every number. The lower priority is tried first.
  `alter table trunks
    add column prefixes text[] not null default '{}',
    add column priority smallint not null default 100,
    add column settings jsonb not null default '{}'`,

  // What the engines last said; a trunk without a row has not been heard of.
  `create table trunk_states (
    trunk_id text primary key references trunks on delete cascade,
    up boolean not null,
    registered boolean,
    sip_code smallint,
    detail text not null,
    since timestamptz not null
  )`,

  // What has failed and what is left to try, until somebody answers.
  `alter table calls
    add column dialed_number text,
    add column tried_trunks text[] not null default '{}',
    add column redirects_waiting text[] not null default '{}',
    add column redirects_seen text[] not null default '{}',
    add column message_left boolean`,

  `alter table calls rename column amd_result to answered_by`,

  // Every verdict about who answered, in order, with its evidence.
  `alter table call_attempts add column verdicts jsonb not null default '[]'`,
];
