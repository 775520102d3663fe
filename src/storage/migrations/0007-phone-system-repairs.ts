import { sql, type Kysely } from 'kysely';

/** What the phone system's reviews showed to be missing. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  // What a trunk says of its caller's number (rule 14).
  `alter table calls add column caller_verification text`,
  // A change of a text that none of its other moments tells of, or takes back: those who keep a copy ask by the latest.
  `alter table messages add column changed_at timestamptz`,
  `drop index messages_updated`,
  `create index messages_updated
    on messages (account_id, mode, greatest(created_at, sent_at, ended_at, read_at, changed_at), id)
    where purpose <> 'verification' and removed_at is null`,

  // The audit log outlives people: what they are called and reached at does not belong in it.
  `update audit_log set subject = 'erased' where action in ('number.block', 'number.unblock') and subject like '+%'`,
  `update audit_log set details = details - 'summary' where action = 'routing.change'`,
  `update audit_log set details = details - 'name' where action = 'user.create'`,
  `update audit_log set details = details - 'location' - 'forwardTo' - 'callerId' where action = 'phone.set'`,
  `update audit_log set details = details - 'name' - 'email' where action = 'account.update'`,
  `update emails set subject = '' where status <> 'pending'`,

  // Pictures and files of texts. Nothing has ever written the table before.
  `alter table messages add column attachments smallint not null default 0`,
  `alter table message_attachments
    alter column message_id drop not null,
    add column mode text not null check (mode in ('live', 'test')),
    add column position smallint not null default 0,
    add column status text not null check (status in ('pending', 'kept', 'failed')),
    add column url text,
    add column attempts smallint not null default 0,
    add column next_at timestamptz,
    add column error text,
    add column expires_at timestamptz`,
  `create index message_attachments_due on message_attachments (next_at) where status = 'pending' and next_at is not null`,
  `create index message_attachments_unsent on message_attachments (account_id, mode, expires_at) where message_id is null`,
];
