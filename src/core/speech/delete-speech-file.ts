import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Mode } from '#core/tables.js';

/** Bytes gone, and the link to them (rule 21). @throws CoreError `speech.not_found` */
export async function deleteSpeechFile(
  core: Pick<Core, 'db' | 'speechFiles'>,
  { accountId, mode, id }: { accountId: string; mode: Mode; id: string },
): Promise<void> {
  const row = await core.db
    .selectFrom('speech_files')
    .select('file')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('speech.not_found', `There is no spoken file ${id}, or no longer.`);
  await core.speechFiles.remove(row.file);
  await core.db.deleteFrom('speech_files').where('id', '=', id).execute();
}
