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
  `create index calls_from_outside on calls (account_id, mode, from_number) where direction = 'in'`,
  `create index calls_in on calls (account_id, mode, id) where direction = 'in'`,
  // How often nobody knew whether a carrier had taken it; more than 0: it may have left.
  `alter table messages add column unsure_tries smallint not null default 0`,
  // A receipt without a known id looks here, also for texts that wait to be sent once more.
  `drop index messages_unsure`,
  `create index messages_unsure on messages (carrier_id, to_address)
    where status in ('sending', 'unknown') or unsure_tries > 0`,
  `create index messages_unknown on messages (ended_at) where status = 'unknown'`,
  // The other way round: whether something was reported of a text that became of unknown fate.
  `create index early_receipts_to on early_receipts (carrier_id, (receipt->>'to'))`,
  // Whose the parts are, so that one account never meets another's.
  `alter table incoming_parts
    add column account_id text references accounts on delete cascade,
    add column mode text check (mode in ('live', 'test'))`,
  `update incoming_parts p set account_id = n.account_id, mode = n.mode
    from numbers n
    where n.number = p.to_address and n.mode = case p.carrier_id when 'loopback' then 'test' else 'live' end
      and not exists (
        select from numbers other
        where other.number = n.number and other.mode = n.mode and other.account_id <> n.account_id)`,
  // Nobody owns the number any more, or several do in the sandbox: nobody would have got the text.
  `delete from incoming_parts where account_id is null`,
  `alter table incoming_parts
    alter column account_id set not null,
    alter column mode set not null,
    drop constraint incoming_parts_pkey,
    add primary key (account_id, mode, from_address, carrier_id, to_address, reference, part)`,

  // Of people who were erased.
  `create index suppressions_erased on suppressions (account_id, mode, address_hash) where address is null`,
  // What is kept for a while only: free words that seemed to revoke, what calls said, the bodies of events.
  `create index suppressions_words on suppressions (created_at) where review_text is not null`,
  `create index calls_words on calls (ended_at) where ended_at is not null and script ? 'message'`,
  `create index events_bodies on events (created_at) where data <> '{}'`,
  // When what the recipients' rows say of people was forgotten.
  `alter table campaigns add column forgotten_at timestamptz`,
  `create index campaigns_remembered on campaigns (ended_at) where ended_at is not null and forgotten_at is null`,

  // A search looks into an index where the server has pg_trgm, and lets us use it; else at one contact after the other.
  `do $$ begin
    create extension if not exists pg_trgm;
    create index contacts_search on contacts using gin (
      (coalesce(name, '') || chr(10) || coalesce(company, '') || chr(10) || coalesce(email, '') || chr(10) || phone)
      gin_trgm_ops);
  exception when insufficient_privilege or feature_not_supported or undefined_file or undefined_object then null;
  end $$`,
];
