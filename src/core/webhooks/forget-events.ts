import type { Transaction } from 'kysely';
import type { Tables } from '#core/tables.js';

/**
 * What stays of events of these things is id, type and time: their deliveries end, and what receivers answered goes.
 * Gives how many.
 */
export async function forgetEvents(
  tx: Transaction<Tables>,
  { accountId }: { accountId: string },
  subjects: readonly string[],
): Promise<number> {
  if (subjects.length === 0) return 0;
  const events = await tx
    .updateTable('events')
    .set({ data: '{}' })
    .where('subject', 'in', [...subjects])
    .where('account_id', '=', accountId)
    .returning('id')
    .execute();
  if (events.length === 0) return 0;
  const ids = events.map(({ id }) => id);
  const deliveries = await tx.selectFrom('deliveries').select('id').where('event_id', 'in', ids).execute();
  if (deliveries.length > 0) {
    const deliveryIds = deliveries.map(({ id }) => id);
    await tx
      .updateTable('deliveries')
      .set({ status: 'failed', next_at: null })
      .where('id', 'in', deliveryIds)
      .where('status', '=', 'pending')
      .execute();
    await tx
      .updateTable('delivery_attempts')
      .set({ response_excerpt: null })
      .where('delivery_id', 'in', deliveryIds)
      .execute();
  }
  return events.length;
}
