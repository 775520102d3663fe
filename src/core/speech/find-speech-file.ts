import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { hashToken } from '#core/speech/create-speech-file.js';

/** What a link leads to, until it expires or is deleted. @throws CoreError `speech.not_found` */
export async function findSpeechFile(
  core: Pick<Core, 'db' | 'clock'>,
  { token, format }: { token: string; format: string },
): Promise<{ file: string; bytes: number; format: string; accountId: string }> {
  const row = await core.db
    .selectFrom('speech_files')
    .select(['file', 'bytes', 'format', 'account_id'])
    .where('token_hash', '=', hashToken(token))
    .where('expires_at', '>', new Date(core.clock.now()))
    .executeTakeFirst();
  if (row === undefined || row.format !== format) {
    throw new CoreError('speech.not_found', 'There is no such file, or no longer.');
  }
  return { file: row.file, bytes: Number(row.bytes), format: row.format, accountId: row.account_id };
}
