import type { Core } from '#core/core.js';
import { dayOf } from '#core/speech/create-speech-file.js';

/** At a time. */
const BATCH = 500;

/** Deletes files whose links have expired, with their rows. Returns how many. */
export async function purgeSpeechFiles(core: Pick<Core, 'db' | 'clock' | 'speechFiles'>): Promise<number> {
  const now = new Date(core.clock.now());
  let purged = 0;
  for (;;) {
    const old = await core.db
      .selectFrom('speech_files')
      .select(['id', 'file'])
      .where('expires_at', '<=', now)
      .limit(BATCH)
      .execute();
    for (const { id, file } of old) {
      // The file first: a file without a row would stay longer than it may.
      await core.speechFiles.remove(file);
      await core.db.deleteFrom('speech_files').where('id', '=', id).execute();
    }
    purged += old.length;
    if (old.length < BATCH) break;
  }
  await core.speechFiles.removeDaysBefore(dayOf(now));
  return purged;
}
