import type { Core } from '#core/core.js';
import { firstIdAt } from '#core/ids.js';

/** A file is written before its row; a row that is not there after so long does not come any more. */
const ROW_WAIT_MS = 3_600_000;
/** At a time. */
const BATCH = 500;

/** Removes files of messages that have no row: the server died between the two. Gives how many. */
export async function sweepVoiceFiles(core: Pick<Core, 'db' | 'clock' | 'recordings'>): Promise<number> {
  const now = core.clock.now();
  const end = firstIdAt('vcm', now - ROW_WAIT_MS);
  const accounts = await core.db.selectFrom('accounts').select('id').execute();
  let swept = 0;
  for (const { id } of accounts) {
    const folder = `${id}/voicemail`;
    // The name of a file begins with the id of its message, which has the time in it.
    const old = (await core.recordings.list(folder)).filter((name) => name < end);
    for (let at = 0; at < old.length; at += BATCH) {
      const names = old.slice(at, at + BATCH);
      const kept = await keptOf(core, names);
      for (const name of names) {
        if (kept.has(name)) continue;
        await core.recordings.remove(`${folder}/${name}`);
        swept += 1;
      }
    }
  }
  return swept;
}

/** Those that are the file of a message; one that is half written is nobody's. */
async function keptOf(core: Pick<Core, 'db'>, names: readonly string[]): Promise<Set<string>> {
  const ids = names.map((name) => name.slice(0, name.indexOf('.')));
  const rows = await core.db.selectFrom('voice_messages').select('id').where('id', 'in', ids).execute();
  return new Set(rows.map(({ id }) => `${id}.wav`));
}
