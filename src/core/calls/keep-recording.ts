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
    await untilWritten(core, (tx) => tx.insertInto('recordings').values(row).execute());
  } catch (error) {
    // What people said does not stay where no retention finds it (rule 10).
    await core.recordings.remove(file);
    throw error;
  }
}

/** The path of a call's recording. Throws `recording.not_found`, also for a call of another account or mode. */
export async function findRecording(
  core: Pick<Core, 'db' | 'recordings'>,
  owner: CallOwner,
  callId: string,
): Promise<{ file: string; path: string; bytes: number }> {
  const row = await core.db
    .selectFrom('recordings')
    .selectAll()
    .where('call_id', '=', callId)
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('recording.not_found', `The call ${callId} has no recording.`);
  return { file: row.file, path: core.recordings.path(row.file), bytes: Number(row.bytes) };
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
