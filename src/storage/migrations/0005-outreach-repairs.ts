import { sql, type Kysely } from 'kysely';

/** What campaigns, texts and opt-outs turned out to need. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // A call that came in: from_number is who called, to_number ours.
  `alter table calls add column direction text not null default 'out' check (direction in ('out', 'in'))`,
  // Written when a call is dialled, not when it is accepted: when one of our numbers last called anybody.
  `create index calls_from on calls (account_id, mode, from_number, dialing_at)
    where direction = 'out' and dialing_at is not null and purpose in ('transactional', 'marketing')`,
  `create index calls_from_outside on calls (account_id, mode, from_number, id) where direction = 'in'`,
];
