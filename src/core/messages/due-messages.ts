import { sql } from 'kysely';
import type { Db } from '#core/core.js';
import type { MessageRow } from '#core/messages/message.js';
import type { Mode } from '#core/tables.js';

/** The first waiting text of a sender and priority. */
export interface QueueHead {
  accountId: string;
  mode: Mode;
  sender: string;
  priority: number;
  dueAt: Date;
  segmentsPerSecond: number;
  nextSegmentAt: Date | null;
}

/** Heads looked at in one claim; the next claim goes on behind them. */
export const MOST_HEADS = 1000;

/** A sender that is no number of the account any more. */
const SLOWEST_PER_SECOND = 1;

/**
 * The first text of every sender and priority, from behind `after` on. Each is one look into the index, which is sorted
 * by them: what this costs grows with the number of senders that have something to send, and not with the texts.
 */
export async function readHeads(db: Db, after: QueueHead | undefined): Promise<QueueHead[]> {
  const { accountId = '', mode = '', sender = '', priority = -1 } = after ?? {};
  const { rows } = await sql<QueueHead>`
    with recursive heads as (
      (select account_id, mode, from_address, priority, due_at, 1 as place
        from messages
        where status = 'queued'
          and (account_id, mode, from_address, priority) > (${accountId}, ${mode}, ${sender}, ${priority}::smallint)
        order by account_id, mode, from_address, priority, due_at limit 1)
      union all
      select next.*, h.place + 1 from heads h cross join lateral (
        select m.account_id, m.mode, m.from_address, m.priority, m.due_at
        from messages m
        where m.status = 'queued'
          and (m.account_id, m.mode, m.from_address, m.priority) > (h.account_id, h.mode, h.from_address, h.priority)
        order by m.account_id, m.mode, m.from_address, m.priority, m.due_at limit 1
      ) next where h.place < ${MOST_HEADS}
    )
    select h.account_id as "accountId", h.mode, h.from_address as sender, h.priority, h.due_at as "dueAt",
      coalesce(n.segments_per_second, ${SLOWEST_PER_SECOND}) as "segmentsPerSecond", p.next_segment_at as "nextSegmentAt"
    from heads h
    left join numbers n on n.account_id = h.account_id and n.mode = h.mode and n.number = h.from_address
    left join sender_paces p on p.account_id = h.account_id and p.mode = h.mode and p.sender = h.from_address
    order by h.place`.execute(db);
  return rows;
}

export type DueMessage = Pick<
  MessageRow,
  | 'id'
  | 'account_id'
  | 'mode'
  | 'from_address'
  | 'to_address'
  | 'purpose'
  | 'segments'
  | 'confirmation'
  | 'campaign_id'
  | 'recipient'
  | 'carrier_id'
  | 'tried_carriers'
  | 'expires_at'
  | 'attachments'
> & {
  /** A part of it was taken already by `carrier_id`: the others go there too. */
  begun: boolean;
};

/**
 * Texts that are due, `most` of each head at most: the first priority first; within it, one of each account in turn, and
 * of each of its senders in turn.
 */
export async function dueMessages(
  db: Db,
  heads: readonly (QueueHead & { most: number })[],
  now: Date,
  limit: number,
): Promise<DueMessage[]> {
  const { rows } = await sql<DueMessage>`
    with due as materialized (
      select m.*, row_number() over (partition by m.account_id, m.mode, m.from_address, m.priority
        order by m.due_at, m.id) as place
      from unnest(
        ${heads.map(({ accountId }) => accountId)}::text[], ${heads.map(({ mode }) => mode)}::text[],
        ${heads.map(({ sender }) => sender)}::text[], ${heads.map(({ priority }) => priority)}::smallint[],
        ${heads.map(({ most }) => most)}::integer[]
      ) as head (account_id, mode, sender, priority, most), lateral (
        select id, account_id, mode, from_address, to_address, purpose, priority, segments, confirmation, campaign_id,
          recipient, carrier_id, tried_carriers, expires_at, attachments, due_at,
          exists (select from message_parts p where p.message_id = q.id) as begun
        from messages q
        where q.status = 'queued' and q.account_id = head.account_id and q.mode = head.mode
          and q.from_address = head.sender and q.priority = head.priority and q.due_at <= ${now}
        order by q.due_at, q.id limit head.most
      ) m
    )
    select due.* from due
    order by priority, row_number() over (partition by account_id, mode, priority order by place, due_at), due_at, id
    limit ${limit}`.execute(db);
  return rows;
}

/** The first text of a head that is due. */
export async function firstOf(db: Db, head: QueueHead, now: Date): Promise<string | undefined> {
  const row = await db
    .selectFrom('messages')
    .select('id')
    .where('status', '=', 'queued')
    .where('account_id', '=', head.accountId)
    .where('mode', '=', head.mode)
    .where('from_address', '=', head.sender)
    .where('priority', '=', head.priority)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}
