import { sql, type Transaction } from 'kysely';
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
  // As arrays: a statement has 65,535 parameters at most, and somebody may have had more to do with us.
  const { rows: events } = await sql<{ id: string }>`
    update events set data = '{}' where account_id = ${accountId} and subject = any(${[...subjects]}::text[])
    returning id`.execute(tx);
  if (events.length === 0) return 0;
  const { rows: deliveries } = await sql<{ id: string }>`
    select id from deliveries where event_id = any(${events.map(({ id }) => id)}::text[])`.execute(tx);
  if (deliveries.length > 0) {
    const ids = deliveries.map(({ id }) => id);
    await sql`
      update deliveries set status = 'failed', next_at = null
      where id = any(${ids}::text[]) and status = 'pending'`.execute(tx);
    await sql`
      update delivery_attempts set response_excerpt = null where delivery_id = any(${ids}::text[])`.execute(tx);
  }
  return events.length;
}
