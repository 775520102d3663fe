import type { Transaction } from 'kysely';
import type { Event } from '#core/events.js';
import { newId } from '#core/ids.js';
import type { Tables } from '#core/tables.js';

export interface DeliveryTarget {
  url: string;
  dialect: string;
}

/**
 * Puts an event on its way to each target, in the transaction that makes the event true. An endpoint that is switched
 * off gets its deliveries as failed, to be replayed when it is back.
 */
export async function enqueueDeliveries(
  tx: Transaction<Tables>,
  event: Event,
  targets: readonly DeliveryTarget[],
): Promise<void> {
  for (const { url, dialect } of targets) {
    const origin = await findOrigin(tx, event.accountId, new URL(url).origin, event.at);
    const off = origin.disabled_at !== null;
    await tx
      .insertInto('deliveries')
      .values({
        id: newId('dlv', event.at.getTime()),
        event_id: event.id,
        account_id: event.accountId,
        mode: event.mode,
        origin_id: origin.id,
        url,
        dialect,
        status: off ? 'failed' : 'pending',
        next_at: off ? null : event.at,
        node_id: null,
        created_at: event.at,
        delivered_at: null,
      })
      .execute();
  }
}

async function findOrigin(
  tx: Transaction<Tables>,
  accountId: string,
  origin: string,
  at: Date,
): Promise<{ id: string; disabled_at: Date | null }> {
  const find = () =>
    tx
      .selectFrom('webhook_origins')
      .select(['id', 'disabled_at'])
      .where('account_id', '=', accountId)
      .where('origin', '=', origin)
      // Whoever switches it off waits for this transaction, and then finds what it put on its way.
      .forShare()
      .executeTakeFirst();
  const found = await find();
  if (found !== undefined) return found;
  await tx
    .insertInto('webhook_origins')
    .values({ id: newId('who', at.getTime()), account_id: accountId, origin, failing_since: null, disabled_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Another transaction may have won the race; its row is visible once our insert has waited for it.
  const made = await find();
  if (made === undefined) throw new Error(`the origin ${origin} vanished while it was made`);
  return made;
}
