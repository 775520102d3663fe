import { sql, type Transaction } from 'kysely';
import { eventRow, withId, type Event, type NewEvent } from '#core/events.js';
import type { Tables } from '#core/tables.js';
import { enqueueDeliveries, type DeliveryTarget } from '#core/webhooks/enqueue-deliveries.js';

/** What events have in common that happen at once. */
export type EventKind = Pick<NewEvent, 'accountId' | 'mode' | 'type' | 'at' | 'siteId'>;

/** Whether those are told whose endpoint or webhook speaks this dialect. */
export type Hears = (dialect: string) => boolean;

/**
 * Appends an event, and puts it on its way to `targets` and to every registered endpoint that asked for its type, in
 * the transaction that makes it true. Wake the deliveries after it.
 */
export async function publishEvent(
  tx: Transaction<Tables>,
  { subject, data, ...kind }: NewEvent,
  targets: readonly DeliveryTarget[] = [],
  hears?: Hears,
): Promise<Event> {
  const [event] = await publishEvents(tx, kind, [{ subject, data }], targets, hears);
  if (event === undefined) throw new Error('an event was not written');
  return event;
}

/** The same for many events of one kind, in a few statements. */
export async function publishEvents(
  tx: Transaction<Tables>,
  kind: EventKind,
  things: readonly Pick<NewEvent, 'subject' | 'data'>[],
  targets: readonly DeliveryTarget[] = [],
  hears: Hears = () => true,
): Promise<Event[]> {
  if (things.length === 0) return [];
  const events = things.map((thing) => withId({ ...kind, ...thing }));
  // Events of calls come often: what is written and who wants it is one round trip.
  const endpoints = await tx
    .with('recorded', (db) => db.insertInto('events').values(events.map(eventRow)))
    .selectFrom('webhook_endpoints')
    .select(['id as endpointId', 'url', 'dialect'])
    .where('account_id', '=', kind.accountId)
    .where('mode', '=', kind.mode)
    .where('enabled', '=', true)
    .where(sql<boolean>`site_id is not distinct from ${kind.siteId ?? null}`)
    .where(sql<boolean>`${kind.type} = any(event_types)`)
    .orderBy('id')
    .execute();
  const told = [...targets, ...endpoints].filter(({ dialect }) => hears(dialect));
  await enqueueDeliveries(tx, events, told);
  return events;
}
