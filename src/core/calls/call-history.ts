import { toCall, type Call } from '#core/calls/call.js';
import type { CallOwner } from '#core/calls/find-call.js';
import type { Core } from '#core/core.js';
import { firstIdAt } from '#core/ids.js';

/** A call, and whether its recording can be fetched. */
export interface PastCall extends Call {
  hasRecording: boolean;
}

export interface HistoryFilter {
  /** Calls accepted from this moment on. */
  since: Date;
  /** And before this one. */
  before: Date;
  limit: number;
}

/** Every call of an account and mode, whatever it was for, the newest first. */
export async function callHistory(
  core: Pick<Core, 'db'>,
  owner: CallOwner,
  { since, before, limit }: HistoryFilter,
): Promise<PastCall[]> {
  const rows = await core.db
    .selectFrom('calls')
    .selectAll()
    .select((call) =>
      call
        .exists(
          call
            .selectFrom('recordings')
            .select('recordings.id')
            .whereRef('recordings.call_id', '=', 'calls.id')
            .where('recordings.deleted_at', 'is', null),
        )
        .as('has_recording'),
    )
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    // An id begins with its time: without these two, a period long ago would be looked for among all calls since.
    .where('id', '>=', firstIdAt('cal', since.getTime()))
    .where('id', '<', firstIdAt('cal', before.getTime()))
    .where('created_at', '>=', since)
    .where('created_at', '<', before)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...toCall(row), hasRecording: row.has_recording === true }));
}
