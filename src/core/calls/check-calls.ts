import { sql } from 'kysely';
import { TERMINAL_STATUSES } from '#core/calls/call.js';
import type { Core } from '#core/core.js';

export interface Violation {
  callId: string;
  problem: string;
}

/**
 * The invariants of calls that ended since `since`, checked on the rows: exactly one terminal event, an end time, no
 * lease left; and none of those without a terminal state. Empty when all is well. Runs in tests and as a metric.
 */
export async function checkCalls(core: Pick<Core, 'db'>, since: Date): Promise<Violation[]> {
  const terminal = [...TERMINAL_STATUSES];
  const { rows } = await sql<Violation>`
    with looked_at as (
      select c.id, c.status, c.ended_at, c.node_id, (
        select count(*) from events e
        where e.subject = c.id
          and e.type in ('call.completed', 'call.voicemail', 'call.no_answer', 'call.failed', 'call.canceled')
      ) as terminal_events
      from calls c where c.created_at >= ${since} or c.ended_at >= ${since}
    )
    select id as "callId", problem from looked_at, lateral (values
      (status = any(${terminal}) and terminal_events <> 1, terminal_events || ' terminal events'),
      (status = any(${terminal}) and node_id is not null, 'ended and still leased'),
      (status = any(${terminal}) and ended_at is null, 'ended without a time'),
      (status <> all(${terminal}) and (terminal_events > 0 or ended_at is not null), 'a terminal event without a terminal state'),
      (status in ('dialing', 'ringing', 'answered') and node_id is null, 'in progress without a lease')
    ) as checks (broken, problem)
    where broken`.execute(core.db);
  return rows;
}
