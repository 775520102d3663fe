import type { Transaction } from 'kysely';
import type { Tables } from '#core/tables.js';

/** Letters of a site to this reader that wait and can be unsubscribed from are not sent. */
export async function stopEmails(
  tx: Transaction<Tables>,
  { siteId, to }: { siteId: string; to: string },
  at: Date,
): Promise<void> {
  await tx
    .updateTable('emails')
    .set({ status: 'failed', next_at: null, ended_at: at, error: 'Its reader wants no more letters.' })
    .set({ subject: '', body: '', unsubscribe_url: null })
    .where('site_id', '=', siteId)
    .where('to_address', '=', to)
    .where('status', '=', 'pending')
    .where('node_id', 'is', null)
    .where('unsubscribe_url', 'is not', null)
    .execute();
}
