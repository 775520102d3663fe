import type { Core } from '#core/core.js';
import { firstIdAt } from '#core/ids.js';

/** A file is written before its row; a row that is not there after so long does not come any more. */
const ROW_WAIT_MS = 24 * 3_600_000;
/** At a time. */
const BATCH = 500;
/** What people said, in the folder of their account: the table that names it, and how its ids begin. */
const KINDS = [
  { folder: '', prefix: 'rec', table: 'recordings' },
  { folder: '/voicemail', prefix: 'vcm', table: 'voice_messages' },
] as const;

/** Removes recordings and voice messages that have no row: the server died between the two (rule 10). Gives how many. */
export async function sweepSoundFiles(core: Pick<Core, 'db' | 'clock' | 'recordings'>): Promise<number> {
  const now = core.clock.now();
  const accounts = await core.db.selectFrom('accounts').select('id').execute();
  let swept = 0;
  for (const { id } of accounts) {
    for (const { folder, prefix, table } of KINDS) {
      // The name of a file begins with its id, which has the time in it.
      const end = firstIdAt(prefix, now - ROW_WAIT_MS);
      const inside = await core.recordings.list(`${id}${folder}`);
      const old = inside.filter((name) => name.startsWith(`${prefix}_`) && name < end);
      for (let at = 0; at < old.length; at += BATCH) {
        const names = old.slice(at, at + BATCH);
        const kept = await keptOf(core, table, names);
        for (const name of names) {
          if (kept.has(name)) continue;
          await core.recordings.remove(`${id}${folder}/${name}`);
          swept += 1;
        }
      }
    }
  }
  return swept;
}

/** Those that a row names; one that is half written is nobody's. */
async function keptOf(
  core: Pick<Core, 'db'>,
  table: (typeof KINDS)[number]['table'],
  names: readonly string[],
): Promise<Set<string>> {
  const ids = names.map((name) => name.slice(0, name.indexOf('.')));
  const rows = await core.db.selectFrom(table).select('id').where('id', 'in', ids).execute();
  return new Set(rows.map(({ id }) => `${id}.wav`));
}
