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
  // How often nobody knew whether a carrier had taken it; more than 0: it may have left.
  `alter table messages add column unsure_tries smallint not null default 0`,
  // A receipt without a known id looks here, also for texts that wait to be sent once more.
  `drop index messages_unsure`,
  `create index messages_unsure on messages (carrier_id, to_address)
    where status in ('sending', 'unknown') or unsure_tries > 0`,
  `create index messages_unknown on messages (ended_at) where status = 'unknown'`,
  // The other way round: whether something was reported of a text that became of unknown fate.
  `create index early_receipts_to on early_receipts (carrier_id, (receipt->>'to'))`,
];
