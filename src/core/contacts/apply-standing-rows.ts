import { sql, type Transaction } from 'kysely';
import type { Import } from '#core/imports/index.js';
import type { Tables } from '#core/tables.js';

/** What a staged row says of a person beside the details. */
export interface StagedStanding {
  consents?: { id: string; channel: 'voice' | 'sms'; basis: string | null }[];
  /** An entry of the ledger; the hash of the number in hexadecimal digits. */
  optOut?: { id: string; channel: 'all' | 'voice' | 'sms'; hash: string };
}

/**
 * Consents that are new, and opt-outs: all of them in two statements. Nothing is lifted (rule 3).
 */
export async function applyStandingRows(tx: Transaction<Tables>, job: Import, at: Date): Promise<void> {
  const { id, accountId, mode } = job;
  await sql`
    insert into contact_consents (id, account_id, mode, contact_id, channel, state, basis, source, created_at)
    select given.id, ${accountId}, ${mode}, contacts.id, given.channel, 'granted', given.basis, 'import', ${at}
    from import_rows
    cross join lateral jsonb_to_recordset(data->'consents') as given (id text, channel text, basis text)
    cross join lateral (
      select contacts.id from contacts
      where account_id = ${accountId} and mode = ${mode} and phone = import_rows.phone limit 1
    ) as contacts
    left join lateral (
      select state, basis from contact_consents
      where contact_id = contacts.id and channel = given.channel order by contact_consents.id desc limit 1
    ) as last on true
    where import_id = ${id} and data ? 'consents'
      and (last.state is distinct from 'granted' or (given.basis is not null and last.basis is distinct from given.basis))`.execute(
    tx,
  );
  // The same entry as `suppress` writes.
  await sql`
    insert into suppressions (id, account_id, mode, address, address_hash, scope, channel, source, created_at)
    select data->'optOut'->>'id', ${accountId}, ${mode}, phone, decode(data->'optOut'->>'hash', 'hex'), 'outreach',
      data->'optOut'->>'channel', 'import', ${at}
    from import_rows where import_id = ${id} and data ? 'optOut' order by phone
    on conflict do nothing`.execute(tx);
}
