import type { Transaction } from 'kysely';
import { callFacts, type CallRow } from '#core/calls/call.js';
import { recordEvent, type Event, type EventType } from '#core/events.js';
import type { Tables } from '#core/tables.js';
import { enqueueDeliveries } from '#core/webhooks/index.js';

/**
 * Writes what happened to a call, and its way to the call's own webhook (and `alsoTo`), in the transaction that makes
 * it true.
 */
export async function recordCallEvent(
  tx: Transaction<Tables>,
  row: CallRow,
  type: EventType,
  at: Date,
  details: { data?: Record<string, unknown>; alsoTo?: string | undefined; quiet?: boolean } = {},
): Promise<Event> {
  const event = await recordEvent(tx, {
    accountId: row.account_id,
    mode: row.mode,
    type,
    subject: row.id,
    data: { ...callFacts(row), ...details.data },
    at,
  });
  const targets = details.quiet === true ? [] : [row.webhook_url, details.alsoTo];
  const urls = new Set(targets.filter((url) => typeof url === 'string'));
  await enqueueDeliveries(
    tx,
    event,
    [...urls].map((url) => ({ url, dialect: row.dialect })),
  );
  return event;
}
