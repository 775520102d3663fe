import type { CallRecord } from '#core/call-records/call-record.js';
import { ourNumberOf, personOf, type CallRow } from '#core/calls/index.js';
import type { Db } from '#core/core.js';

/** With what happened to them and their recordings, in two statements. */
export async function toRecords(db: Db, rows: readonly CallRow[]): Promise<CallRecord[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [steps, recordings] = await Promise.all([
    db
      .selectFrom('call_steps')
      .selectAll()
      .where('call_id', 'in', ids)
      .orderBy('call_id')
      .orderBy('position')
      .execute(),
    db
      .selectFrom('recordings')
      .select(['id', 'call_id'])
      .where('call_id', 'in', ids)
      .where('deleted_at', 'is', null)
      .orderBy('id')
      .execute(),
  ]);
  const recordingOf = new Map(recordings.map(({ id, call_id }) => [call_id, id]));
  return rows.map((row) => ({
    id: row.id,
    direction: row.direction,
    at: row.created_at,
    ours: ourNumberOf(row),
    theirs: personOf(row),
    theirName: row.caller_name ?? undefined,
    verification: row.caller_verification ?? undefined,
    identity: row.caller_identity ?? undefined,
    durationSeconds: row.duration_seconds,
    result: row.result ?? 'missed',
    steps: steps
      .filter(({ call_id }) => call_id === row.id)
      .map(({ position, type, description, at }) => ({ id: `${row.id}-${position}`, type, description, at })),
    recordingId: recordingOf.get(row.id),
    updatedAt: row.updated_at ?? row.ended_at ?? row.created_at,
  }));
}
