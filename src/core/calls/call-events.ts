import type { Transaction } from 'kysely';
import { callFacts, type CallRow } from '#core/calls/call.js';
import { recordEvent, type Event, type EventType, type NewEvent } from '#core/events.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/**
 * Writes what happened to a call, and its way to the call's own webhook (and `alsoTo`) and to registered endpoints, in
 * the transaction that makes it true. `quiet`: not to the call's own webhook. Of a verification's call nobody is told:
 * the verification has events of its own. Nor of one that came in and that a voice of
 * ours takes, nor of what stays between phones of ours.
 */
export async function recordCallEvent(
  tx: Transaction<Tables>,
  row: CallRow,
  type: EventType,
  at: Date,
  details: { data?: Record<string, unknown>; alsoTo?: string | undefined; quiet?: boolean } = {},
): Promise<Event> {
  const event: NewEvent = {
    accountId: row.account_id,
    mode: row.mode,
    type,
    subject: row.id,
    data: { ...callFacts(row), ...details.data },
    at,
  };
  const isOurVoice = row.direction === 'in' && row.script.kind !== 'flow';
  const isInside = row.purpose === 'internal_leg';
  if (row.purpose === 'verification' || isOurVoice || isInside) return recordEvent(tx, event);
  const targets = details.quiet === true ? [] : [row.webhook_url, details.alsoTo];
  const urls = new Set(targets.filter((url) => typeof url === 'string'));
  return publishEvent(
    tx,
    event,
    [...urls].map((url) => ({ url, dialect: row.dialect })),
  );
}
