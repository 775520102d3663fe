import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { CoreError } from '#core/errors.js';
import type { Mode } from '#core/tables.js';
import { switchOnOrigins } from '#core/webhooks/webhook-origins.js';

export interface ReplayDeliveries {
  accountId: string;
  mode: Mode;
  /** One delivery; or all that were created in [since, until). */
  id?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  /** Only those that failed for good. Default for a span of time; one by id is sent whatever its state. */
  failedOnly?: boolean | undefined;
}

/**
 * Sends deliveries again, each under its own `webhook-id`, and switches their endpoints on again. Returns how many.
 * What was erased, or is too old, says nothing any more and is not sent.
 * Throws `delivery.not_found`, `webhook.bad_input`.
 */
export async function replayDeliveries(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  input: ReplayDeliveries,
): Promise<number> {
  if (input.id === undefined && input.since === undefined) {
    throw new CoreError('webhook.bad_input', 'Give the id of a delivery, or the time since when to replay.', {
      field: 'since',
    });
  }
  const now = new Date(core.clock.now());
  const count = await inTransaction(core.db, async (tx) => {
    // In the order of the courier, who locks an endpoint before its deliveries.
    await tx
      .selectFrom('webhook_origins')
      .select('id')
      .where('account_id', '=', input.accountId)
      .orderBy('id')
      .forUpdate()
      .execute();
    let query = tx
      .updateTable('deliveries')
      // From the start of the retry schedule; the attempts written down stay.
      .set({ status: 'pending', attempts: 0, next_at: now, delivered_at: null })
      .where('account_id', '=', input.accountId)
      .where('mode', '=', input.mode)
      .where('node_id', 'is', null)
      .where((is) =>
        is.exists(
          is
            .selectFrom('events')
            .select('events.id')
            .whereRef('events.id', '=', 'deliveries.event_id')
            .where(sql<boolean>`data <> '{}'`),
        ),
      );
    if (input.id !== undefined) query = query.where('id', '=', input.id);
    if (input.since !== undefined) query = query.where('created_at', '>=', input.since);
    if (input.until !== undefined) query = query.where('created_at', '<', input.until);
    if (input.failedOnly ?? input.id === undefined) query = query.where('status', '=', 'failed');
    const rows = await query.returning('origin_id').execute();
    await switchOnOrigins(tx, [...new Set(rows.map((row) => row.origin_id))]);
    return rows.length;
  });
  if (input.id !== undefined && count === 0) {
    throw new CoreError(
      'delivery.not_found',
      `There is no delivery ${input.id}, or it is being sent at this moment, or what it said was erased.`,
    );
  }
  core.wake.deliveries();
  return count;
}
