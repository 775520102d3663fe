import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { CallRecord, RecordOwner } from '#core/call-records/call-record.js';
import { recordsOf } from '#core/call-records/record-query.js';
import { toRecords } from '#core/call-records/to-records.js';

/** @throws CoreError `call.not_found`, also for one that is not over, of another account or mode, or not the user's */
export async function findRecord(
  core: Pick<Core, 'db'>,
  owner: RecordOwner,
  { id, userId }: { id: string; userId?: string | undefined },
): Promise<CallRecord> {
  const row = await recordsOf(core.db, owner, { userId })
    .selectAll('calls')
    .where('calls.id', '=', id)
    .executeTakeFirst();
  const [record] = row === undefined ? [] : await toRecords(core.db, [row]);
  if (record === undefined) throw recordNotFound(id);
  return record;
}

export function recordNotFound(id: string): CoreError {
  return new CoreError('call.not_found', `There is no call ${id} in the history.`);
}

/** The file that a link leads to. @throws CoreError `recording.not_found` once it is deleted */
export async function findRecordingFile(
  core: Pick<Core, 'db'>,
  { accountId, mode, id }: RecordOwner & { id: string },
): Promise<{ file: string; bytes: number }> {
  const row = await core.db
    .selectFrom('recordings')
    .select(['file', 'bytes'])
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('recording.not_found', 'There is no such recording, or no longer.');
  return { file: row.file, bytes: Number(row.bytes) };
}
