import type { SelectQueryBuilder } from 'kysely';
import type { Db } from '#core/core.js';
import { firstIdAt } from '#core/ids.js';
import { IN_HISTORY, OURS, THEIRS, type RecordFilter, type RecordOwner } from '#core/call-records/call-record.js';
import type { Tables } from '#core/tables.js';

export type RecordQuery = SelectQueryBuilder<Tables, 'calls', object>;

/** The records that a filter is about, whenever they changed. An id begins with its time, and so the index by id finds a period. */
export function recordsOf(db: Db, { accountId, mode }: RecordOwner, filter: RecordFilter): RecordQuery {
  let query = db
    .selectFrom('calls')
    .where('calls.account_id', '=', accountId)
    .where('calls.mode', '=', mode)
    .where(IN_HISTORY);
  const { direction, result, ours, theirs, after, before, minSeconds, maxSeconds, userId } = filter;
  if (after !== undefined) query = query.where('calls.id', '>=', firstIdAt('cal', after.getTime()));
  if (before !== undefined) query = query.where('calls.id', '<', firstIdAt('cal', before.getTime()));
  if (direction !== undefined) query = query.where('calls.direction', '=', direction);
  if (result !== undefined) query = query.where('calls.result', '=', result);
  if (ours !== undefined) query = query.where(OURS, '=', ours);
  if (theirs !== undefined) query = query.where(THEIRS, '=', theirs);
  if (minSeconds !== undefined) query = query.where('calls.duration_seconds', '>=', minSeconds);
  if (maxSeconds !== undefined) query = query.where('calls.duration_seconds', '<=', maxSeconds);
  if (userId !== undefined) {
    query = query.where('calls.id', 'in', (users) =>
      users.selectFrom('call_users').select('call_id').where('user_id', '=', userId),
    );
  }
  return query;
}
