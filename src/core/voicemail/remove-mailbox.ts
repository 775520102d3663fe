import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { emptyMailbox } from '#core/voicemail/delete-message.js';
import type { VoicemailOwner } from '#core/voicemail/voice-message.js';
import type { Mode } from '#core/tables.js';

/**
 * Deletes for good what was in mailboxes that are gone: removed, or not there at the version that was rolled back to.
 * Their PINs go with them, in the change itself. Asked after every such change, and from time to time, for a server may
 * die between the two. Without an owner: everybody's. Gives how many mailboxes.
 */
export async function forgetRemovedMailboxes(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  owner?: VoicemailOwner,
): Promise<number> {
  const whose = owner === undefined ? sql`true` : sql`account_id = ${owner.accountId} and mode = ${owner.mode}`;
  const { rows } = await sql<{ account_id: string; mode: Mode; mailbox_id: number }>`
    select account_id, mode, mailbox_id from (
      select distinct account_id, mode, mailbox_id from voice_messages where ${whose}) as used
    where not exists (
      select from routing_objects o
      where o.account_id = used.account_id and o.mode = used.mode and o.kind = 'mailbox' and o.id = used.mailbox_id)
    order by mailbox_id`.execute(core.db);
  for (const { account_id: accountId, mode, mailbox_id: mailboxId } of rows) {
    await emptyMailbox(core, { accountId, mode }, mailboxId);
  }
  return rows.length;
}
