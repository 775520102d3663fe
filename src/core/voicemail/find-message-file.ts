import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { readLink } from '#core/signed-links.js';
import { messageNotFound, type VoicemailOwner } from '#core/voicemail/voice-message.js';

/** What a signed link leads to, until its time is over or the message is deleted. @throws CoreError `voicemail.no_such_link` */
export async function findMessageFile(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'recordings'>,
  token: string,
): Promise<{ path: string; bytes: number }> {
  const link = readLink(core, token);
  const row =
    link?.kind === 'voice_message'
      ? await core.db
          .selectFrom('voice_messages')
          .select(['file', 'bytes'])
          .where('id', '=', link.id)
          .where('account_id', '=', link.accountId)
          .where('mode', '=', link.mode)
          .executeTakeFirst()
      : undefined;
  if (row === undefined) throw new CoreError('voicemail.no_such_link', 'This link leads nowhere, or no longer.');
  return { path: core.recordings.path(row.file), bytes: Number(row.bytes) };
}

/** @throws CoreError `voicemail.not_found` */
export async function findVoiceMessageFile(core: Pick<Core, 'db'>, owner: VoicemailOwner, id: string): Promise<string> {
  const row = await core.db
    .selectFrom('voice_messages')
    .select('file')
    .where('id', '=', id)
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .executeTakeFirst();
  if (row === undefined) throw messageNotFound(id);
  return row.file;
}
