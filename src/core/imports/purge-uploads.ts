import type { Core } from '#core/core.js';
import { IMPORT_LIMITS } from '#core/imports/import.js';

const DAY_MS = 86_400_000;
/** At a time, so that a long absence does not end in one huge transaction. */
const BATCH = 500;

/** Deletes files whose time is over and that no import waits for, and files of refused rows. Says how many. */
export async function purgeUploads(core: Pick<Core, 'db' | 'clock' | 'uploads'>): Promise<number> {
  const now = core.clock.now();
  return (
    (await purgeHandedIn(core, new Date(now))) +
    (await purgeRefused(core, new Date(now - IMPORT_LIMITS.refusedKeptDays * DAY_MS)))
  );
}

async function purgeHandedIn(core: Pick<Core, 'db' | 'uploads'>, at: Date): Promise<number> {
  for (let purged = 0; ;) {
    const old = await core.db
      .selectFrom('uploads')
      .select(['id', 'file'])
      .where('expires_at', '<=', at)
      .where('id', 'not in', (query) =>
        query.selectFrom('imports').select('upload_id').where('status', 'in', ['queued', 'running']),
      )
      .limit(BATCH)
      .execute();
    for (const { id, file } of old) {
      // The file first: a row without its file is tried again, a file without a row stays for ever.
      await core.uploads.remove(file);
      await core.db.deleteFrom('uploads').where('id', '=', id).execute();
    }
    purged += old.length;
    if (old.length < BATCH) return purged;
  }
}

async function purgeRefused(core: Pick<Core, 'db' | 'uploads'>, before: Date): Promise<number> {
  for (let purged = 0; ;) {
    const old = await core.db
      .selectFrom('imports')
      .select(['id', 'refused_file'])
      .where('refused_file', 'is not', null)
      .where('ended_at', '<=', before)
      .limit(BATCH)
      .execute();
    for (const { id, refused_file: file } of old) {
      if (file !== null) await core.uploads.remove(file);
      await core.db.updateTable('imports').set({ refused_file: null }).where('id', '=', id).execute();
    }
    purged += old.length;
    if (old.length < BATCH) return purged;
  }
}
