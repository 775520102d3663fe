import type { Insertable, Transaction } from 'kysely';
import type { Event } from '#core/events.js';
import { newId } from '#core/ids.js';
import type { DeliveryTable, Tables } from '#core/tables.js';
import { findOrigins } from '#core/webhooks/webhook-origins.js';

export interface DeliveryTarget {
  url: string;
  dialect: string;
  /** The registered endpoint that it is; its secret signs. */
  endpointId?: string;
}

/** Rows in one statement. */
const BATCH = 1000;

/**
 * Puts events of one account on their way to each target, in the transaction that makes them true. An endpoint that is
 * switched off gets its deliveries as failed, to be replayed when it is back.
 */
export async function enqueueDeliveries(
  tx: Transaction<Tables>,
  events: readonly Event[],
  targets: readonly DeliveryTarget[],
): Promise<string[]> {
  const [first] = events;
  if (first === undefined || targets.length === 0) return [];
  const origins = await findOrigins(
    tx,
    first.accountId,
    targets.map(({ url }) => url),
    first.at,
  );
  const rows = events.flatMap((event) =>
    targets.map(({ url, dialect, endpointId }): Insertable<DeliveryTable> & { id: string } => {
      const origin = origins.get(new URL(url).origin);
      if (origin === undefined) throw new Error(`the origin of ${url} vanished while it was made`);
      return {
        id: newId('dlv', event.at.getTime()),
        event_id: event.id,
        account_id: event.accountId,
        mode: event.mode,
        origin_id: origin.id,
        url,
        dialect,
        endpoint_id: endpointId ?? null,
        status: origin.off ? 'failed' : 'pending',
        next_at: origin.off ? null : event.at,
        node_id: null,
        created_at: event.at,
        delivered_at: null,
      };
    }),
  );
  for (let start = 0; start < rows.length; start += BATCH) {
    await tx
      .insertInto('deliveries')
      .values(rows.slice(start, start + BATCH))
      .execute();
  }
  return rows.map(({ id }) => id);
}
