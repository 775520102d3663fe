import { sql } from 'kysely';
import type { Core } from '#core/core.js';

export interface MailboxCounts {
  newMessages: number;
  oldMessages: number;
}

/** What waits in mailboxes, and what was heard already. */
export async function countMessages(
  core: Pick<Core, 'db'>,
  mailboxIds: readonly number[],
): Promise<Map<number, MailboxCounts>> {
  const counts = new Map(mailboxIds.map((id) => [id, { newMessages: 0, oldMessages: 0 }]));
  if (mailboxIds.length === 0) return counts;
  const rows = await core.db
    .selectFrom('voice_messages')
    .select(['mailbox_id', sql<number>`count(*)`.as('all'), sql<number>`count(read_at)`.as('read')])
    .where('mailbox_id', 'in', [...mailboxIds])
    .groupBy('mailbox_id')
    .execute();
  for (const row of rows) {
    const read = Number(row.read);
    counts.set(row.mailbox_id, { newMessages: Number(row.all) - read, oldMessages: read });
  }
  return counts;
}
