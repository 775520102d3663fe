import type { Core } from '#core/core.js';
import { messageNotFound, type VoicemailOwner } from '#core/voicemail/voice-message.js';

/** The file of a message, as it was said. @throws CoreError `voicemail.not_found` */
export async function findVoiceMessageFile(
  core: Pick<Core, 'db'>,
  owner: VoicemailOwner,
  id: string,
): Promise<{ file: string; bytes: number }> {
  const row = await core.db
    .selectFrom('voice_messages')
    .select(['file', 'bytes'])
    .where('id', '=', id)
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .executeTakeFirst();
  if (row === undefined) throw messageNotFound(id);
  return { file: row.file, bytes: Number(row.bytes) };
}
