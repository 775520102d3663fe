import type { CallRow } from '#core/calls/call.js';
import type { CallOwner } from '#core/calls/find-call.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { untilWritten } from '#core/until-written.js';

/** Samples a millisecond at 8 kHz. */
const SAMPLES_PER_MS = 8;

/**
 * Writes the file first and the row after it, so that a row always has its file. Rejects when either cannot be written;
 * nothing is kept then.
 */
export async function keepRecording(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'recordings'>,
  call: CallRow,
  pcm: Int16Array,
): Promise<void> {
  const now = core.clock.now();
  const id = newId('rec', now);
  const file = `${call.account_id}/${id}.wav`;
  const bytes = await core.recordings.write(file, pcm);
  const row = {
    id,
    account_id: call.account_id,
    mode: call.mode,
    call_id: call.id,
    file,
    bytes,
    duration_ms: Math.round(pcm.length / SAMPLES_PER_MS),
    created_at: new Date(now),
    deleted_at: null,
  };
  try {
    // It may be there already: the answer to an earlier commit can be lost.
    await untilWritten(core, (tx) =>
      tx
        .insertInto('recordings')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute(),
    );
  } catch (error) {
    // What people said does not stay where no retention finds it (rule 10).
    await core.recordings.remove(file);
    throw error;
  }
}

/** The file of a call's recording, of `core.recordings`. Throws `recording.not_found`, also for a call of another account or mode. */
export async function findRecording(
  core: Pick<Core, 'db'>,
  owner: CallOwner,
  callId: string,
): Promise<{ file: string; bytes: number }> {
  const row = await core.db
    .selectFrom('recordings')
    .selectAll()
    .where('call_id', '=', callId)
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) throw noRecording(callId);
  return { file: row.file, bytes: Number(row.bytes) };
}

export function noRecording(callId: string): CoreError {
  return new CoreError('recording.not_found', `The call ${callId} has no recording.`);
}

/** Bytes gone, and every link to them (rule 10). */
export async function deleteRecording(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  owner: CallOwner,
  callId: string,
): Promise<void> {
  await findRecording(core, owner, callId);
  const files = await core.db
    .selectFrom('recordings')
    .select('file')
    .where('call_id', '=', callId)
    .where('account_id', '=', owner.accountId)
    .where('deleted_at', 'is', null)
    .execute();
  for (const { file } of files) await core.recordings.remove(file);
  await core.db
    .updateTable('recordings')
    .set({ deleted_at: new Date(core.clock.now()) })
    .where('call_id', '=', callId)
    .where('account_id', '=', owner.accountId)
    .where('deleted_at', 'is', null)
    .execute();
}
