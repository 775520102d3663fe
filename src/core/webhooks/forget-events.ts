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
  const { rows } = await sql<{ id: string }>`
    select id from events where account_id = ${accountId} and subject = any(${[...subjects]}::text[])`.execute(tx);
  const events = rows.map(({ id }) => id);
  await forgetTheseEvents(tx, events);
  return events.length;
}

/** The same, where something else than their subject says which. */
export async function forgetTheseEvents(tx: Transaction<Tables>, events: readonly string[]): Promise<void> {
  if (events.length === 0) return;
  await sql`update events set data = '{}' where id = any(${[...events]}::text[])`.execute(tx);
  const { rows: deliveries } = await sql<{ id: string }>`
    select id from deliveries where event_id = any(${[...events]}::text[])`.execute(tx);
  if (deliveries.length > 0) {
    const ids = deliveries.map(({ id }) => id);
    await sql`
      update deliveries set status = 'failed', next_at = null
      where id = any(${ids}::text[]) and status = 'pending'`.execute(tx);
    await sql`
      update delivery_attempts set response_excerpt = null where delivery_id = any(${ids}::text[])`.execute(tx);
  }
}
