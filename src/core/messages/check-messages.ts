import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { firstIdAt } from '#core/ids.js';
import { TERMINAL_MESSAGE_STATUSES } from '#core/messages/message.js';

export interface MessageViolation {
  messageId: string;
  problem: string;
}

/**
 * The invariants of texts that were made since `since`, checked on the rows: one event for each state that they came to,
 * an end time, no lease left, all parts known of what is sent. Empty when all is well. Runs in tests and as a metric.
 */
export async function checkMessages(core: Pick<Core, 'db'>, since: Date): Promise<MessageViolation[]> {
  const over = [...TERMINAL_MESSAGE_STATUSES];
  const { rows } = await sql<MessageViolation>`
    with looked_at as (
      select m.*, told.sent as told_sent, told.delivered as told_delivered, told.failed as told_failed, known.parts
      from messages m, lateral (
        select count(*) filter (where e.type = 'message.sent') as sent,
          count(*) filter (where e.type = 'message.delivered') as delivered,
          count(*) filter (where e.type = 'message.failed'
            -- Of one that was erased the event says nothing.
            and (e.data->>'status' = m.status or e.data = '{}')) as failed
        from events e where e.subject = m.id
      ) told, lateral (
        select case when bool_or(p.part = 0) then m.segments else count(*) end as parts
        from message_parts p where p.message_id = m.id
      ) known
      where m.id >= ${firstIdAt('sms', since.getTime())} and m.direction = 'out'
    )
    select id as "messageId", problem from looked_at, lateral (values
      (status = any(${over}) and ended_at is null, 'over without a time'),
      (status <> all(${over}) and ended_at is not null, 'an end time and not over'),
      (status <> 'sending' and node_id is not null, status || ' and still leased'),
      (status = 'sending' and node_id is null, 'sending without a lease'),
      (status = 'sent' and sent_at is null, 'sent without a time'),
      (status in ('sent', 'delivered') and parts <> segments, parts || ' of ' || segments || ' parts known'),
      (told_sent > 1, told_sent || ' events of being sent'),
      (status = 'sent' and told_sent <> 1, told_sent || ' events of being sent'),
      (status = 'delivered' and told_delivered <> 1, told_delivered || ' events of delivery'),
      (status in ('undelivered', 'failed', 'unknown') and told_failed <> 1, told_failed || ' events of failure'),
      (status in ('queued', 'sending', 'sent') and told_delivered + told_failed > 0, 'an end was told of what is not over')
    ) as checks (broken, problem)
    where broken`.execute(core.db);
  return rows;
}
