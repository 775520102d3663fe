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

  // The audit log outlives people: what they are called and reached at does not belong in it.
  `update audit_log set subject = 'erased' where action in ('number.block', 'number.unblock') and subject like '+%'`,
  `update audit_log set details = details - 'summary' where action = 'routing.change'`,
  `update audit_log set details = details - 'name' where action = 'user.create'`,
  `update audit_log set details = details - 'location' - 'forwardTo' - 'callerId' where action = 'phone.set'`,
  `update audit_log set details = details - 'name' - 'email' where action = 'account.update'`,
  `update emails set subject = '' where status <> 'pending'`,
];
