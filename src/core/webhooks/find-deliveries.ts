import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Mode } from '#core/tables.js';

export interface Delivery {
  id: string;
  eventId: string;
  type: string;
  subject: string;
  url: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  nextAt: Date | undefined;
  createdAt: Date;
  deliveredAt: Date | undefined;
}

export interface DeliveryAttempt {
  attempt: number;
  at: Date;
  durationMs: number;
  statusCode: number | undefined;
  error: string | undefined;
  responseExcerpt: string | undefined;
}

interface Owner {
  accountId: string;
  mode: Mode;
  /** To endpoints of this site alone. */
  siteId?: string | undefined;
}

export interface DeliveryFilter {
  status?: Delivery['status'] | undefined;
  /** Id of the call or other thing that the events are about. */
  subject?: string | undefined;
  /** Continue after this delivery id (newest first). */
  after?: string | undefined;
  limit: number;
}

function select(core: Pick<Core, 'db'>, owner: Owner) {
  const query = core.db
    .selectFrom('deliveries')
    .innerJoin('events', 'events.id', 'deliveries.event_id')
    .select([
      'deliveries.id',
      'deliveries.event_id as eventId',
      'events.type',
      'events.subject',
      'deliveries.url',
      'deliveries.status',
      'deliveries.attempts',
      'deliveries.next_at as nextAt',
      'deliveries.created_at as createdAt',
      'deliveries.delivered_at as deliveredAt',
    ])
    .where('deliveries.account_id', '=', owner.accountId)
    .where('deliveries.mode', '=', owner.mode);
  const { siteId } = owner;
  if (siteId === undefined) return query;
  return query.where('deliveries.endpoint_id', 'in', (db) =>
    db.selectFrom('webhook_endpoints').select('id').where('site_id', '=', siteId),
  );
}

type Row = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>;

function toDelivery(row: Row): Delivery {
  return { ...row, nextAt: row.nextAt ?? undefined, deliveredAt: row.deliveredAt ?? undefined };
}

/** Newest first; `next` is the cursor of the following page. */
export async function listDeliveries(
  core: Pick<Core, 'db'>,
  owner: Owner,
  filter: DeliveryFilter,
): Promise<{ deliveries: Delivery[]; next: string | undefined }> {
  let query = select(core, owner);
  if (filter.status !== undefined) query = query.where('deliveries.status', '=', filter.status);
  if (filter.subject !== undefined) query = query.where('events.subject', '=', filter.subject);
  if (filter.after !== undefined) query = query.where('deliveries.id', '<', filter.after);
  const rows = await query
    .orderBy('deliveries.id', 'desc')
    .limit(filter.limit + 1)
    .execute();
  const deliveries = rows.slice(0, filter.limit).map(toDelivery);
  return { deliveries, next: rows.length > filter.limit ? deliveries.at(-1)?.id : undefined };
}

/** One delivery with all its attempts. Throws `delivery.not_found`. */
export async function findDelivery(
  core: Pick<Core, 'db'>,
  owner: Owner,
  id: string,
): Promise<Delivery & { tries: DeliveryAttempt[] }> {
  const row = await select(core, owner).where('deliveries.id', '=', id).executeTakeFirst();
  if (row === undefined) throw new CoreError('delivery.not_found', `There is no delivery ${id}.`);
  const tries = await core.db
    .selectFrom('delivery_attempts')
    .selectAll()
    .where('delivery_id', '=', id)
    .orderBy('attempt')
    .execute();
  return {
    ...toDelivery(row),
    tries: tries.map((attempt) => ({
      attempt: attempt.attempt,
      at: attempt.at,
      durationMs: attempt.duration_ms,
      statusCode: attempt.status_code ?? undefined,
      error: attempt.error ?? undefined,
      responseExcerpt: attempt.response_excerpt ?? undefined,
    })),
  };
}
