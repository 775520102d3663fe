import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { firstIdAt } from '#core/ids.js';
import { toMessage, type Message, type MessageOwner } from '#core/messages/find-message.js';
import type { MessageStatus } from '#core/tables.js';

export interface MessageFilter {
  status?: MessageStatus | undefined;
  direction?: 'out' | 'in' | undefined;
  to?: string | undefined;
  from?: string | undefined;
  batchId?: string | undefined;
  createdAfter?: Date | undefined;
  createdBefore?: Date | undefined;
  /** Continue after this text's id (newest first). */
  after?: string | undefined;
  limit: number;
}

/** Newest first; `next` is the cursor of the following page. */
export async function listMessages(
  core: Pick<Core, 'db'>,
  owner: MessageOwner,
  filter: MessageFilter,
): Promise<{ messages: Message[]; next: string | undefined }> {
  let query = core.db
    .selectFrom('messages')
    .selectAll()
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.direction !== undefined) query = query.where('direction', '=', filter.direction);
  if (filter.to !== undefined) query = query.where('to_address', '=', filter.to);
  if (filter.from !== undefined) query = query.where('from_address', '=', filter.from);
  if (filter.batchId !== undefined) query = query.where('batch_id', '=', filter.batchId);
  // By the time in the id: the index by id serves it. Ids have whole milliseconds, as these times do.
  if (filter.createdAfter !== undefined) {
    query = query.where('id', '>=', firstIdAt('sms', filter.createdAfter.getTime()));
  }
  if (filter.createdBefore !== undefined) {
    query = query.where('id', '<', firstIdAt('sms', filter.createdBefore.getTime()));
  }
  if (filter.after !== undefined) query = query.where('id', '<', filter.after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
    .execute();
  const messages = rows.slice(0, filter.limit).map(toMessage);
  return { messages, next: rows.length > filter.limit ? messages.at(-1)?.id : undefined };
}

export interface Batch {
  id: string;
  createdAt: Date;
  total: number;
  segments: number;
  /** How many are in each state; those that none is in are absent. */
  statuses: Partial<Record<MessageStatus, number>>;
}

/** What has become of the texts of one request. @throws CoreError `message.not_found` */
export async function findBatch(core: Pick<Core, 'db'>, owner: MessageOwner, id: string): Promise<Batch> {
  const rows = await core.db
    .selectFrom('messages')
    .select((select) => [
      'status',
      select.fn.min('created_at').as('created_at'),
      sql<number>`count(*)::integer`.as('texts'),
      sql<number>`sum(segments)::integer`.as('segments'),
    ])
    .where('batch_id', '=', id)
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .groupBy('status')
    .orderBy('status')
    .execute();
  const [first] = rows;
  if (first === undefined) throw new CoreError('message.not_found', `There is no batch ${id}.`);
  return {
    id,
    createdAt: first.created_at,
    total: rows.reduce((sum, { texts }) => sum + texts, 0),
    segments: rows.reduce((sum, { segments }) => sum + segments, 0),
    statuses: Object.fromEntries(rows.map(({ status, texts }) => [status, texts])),
  };
}
