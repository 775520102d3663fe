import { recordAudit } from '#core/accounts/index.js';
import { deleteRecording } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { RecordOwner } from '#core/call-records/call-record.js';
import { uncountCall } from '#core/call-records/count-days.js';
import { findRecord, recordNotFound } from '#core/call-records/find-record.js';
import { forgetReplies } from '#core/forget-replies.js';
import { inTransaction } from '#core/in-transaction.js';
import { forgetEvents } from '#core/webhooks/index.js';

type RemovingCore = Pick<Core, 'db' | 'clock' | 'recordings'>;

/** Deletes a call that is over for good: its row, its steps, its recording, and what its events say (rule 21). */
export async function removeRecord(
  core: RemovingCore,
  owner: RecordOwner,
  { id, actor }: { id: string; actor: string },
): Promise<void> {
  const at = new Date(core.clock.now());
  const record = await findRecord(core, owner, { id });
  // The file first: a row without its file is deleted anew, a file without its row would stay for ever.
  if (record.recordingId !== undefined) await deleteRecording(core, owner, id);
  await inTransaction(core.db, async (tx) => {
    await uncountCall(tx, owner, record);
    const { numDeletedRows } = await tx.deleteFrom('calls').where('id', '=', id).executeTakeFirst();
    if (numDeletedRows === 0n) throw recordNotFound(id);
    await forgetEvents(tx, owner, [id]);
    await forgetReplies(tx, owner, [id]);
    await tx
      .insertInto('tombstones')
      .values({ account_id: owner.accountId, mode: owner.mode, kind: 'call', id, deleted_at: at })
      .execute();
    const { accountId, mode } = owner;
    await recordAudit(tx, { accountId, actor, action: 'call.delete', subject: id, details: { mode }, at });
  });
}

/** Deletes the recording alone; links to it lead nowhere from then on. @throws CoreError `recording.not_found` */
export async function removeRecording(
  core: RemovingCore,
  owner: RecordOwner,
  { id, actor }: { id: string; actor: string },
): Promise<void> {
  const record = await findRecord(core, owner, { id });
  if (record.recordingId === undefined) {
    throw new CoreError('recording.not_found', `The call ${id} has no recording.`);
  }
  await deleteRecording(core, owner, id);
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    await tx.updateTable('calls').set({ updated_at: at }).where('id', '=', id).execute();
    const { accountId, mode } = owner;
    await recordAudit(tx, { accountId, actor, action: 'recording.delete', subject: id, details: { mode }, at });
  });
}
