import type { Core } from '#core/core.js';
import { soundNotFound, toSound, type Sound, type SoundOwner } from '#core/sounds/sound.js';

/** @throws CoreError `sound.not_found`, also for one of another account or mode */
export async function findSound(core: Pick<Core, 'db'>, owner: SoundOwner, id: number): Promise<Sound> {
  return toSound(await soundRow(core, owner, id));
}

/** Its file, of `core.recordings`. @throws CoreError `sound.not_found` */
export async function findSoundFile(
  core: Pick<Core, 'db'>,
  owner: SoundOwner,
  id: number,
): Promise<{ file: string; bytes: number }> {
  const { file, bytes } = await soundRow(core, owner, id);
  return { file, bytes: Number(bytes) };
}

/** In the order in which they were added. */
export async function listSounds(
  core: Pick<Core, 'db'>,
  { accountId, mode }: SoundOwner,
  { page, pageSize }: { page: number; pageSize: number },
): Promise<{ items: Sound[]; total: number }> {
  const own = core.db.selectFrom('sounds').where('account_id', '=', accountId).where('mode', '=', mode);
  const { n } = await own.select(({ fn }) => fn.countAll<string>().as('n')).executeTakeFirstOrThrow();
  const rows = await own
    .selectAll()
    .orderBy('id')
    .offset((page - 1) * pageSize)
    .limit(pageSize)
    .execute();
  return { items: rows.map(toSound), total: Number(n) };
}

async function soundRow(core: Pick<Core, 'db'>, { accountId, mode }: SoundOwner, id: number) {
  const row = await core.db
    .selectFrom('sounds')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .executeTakeFirst();
  if (row === undefined) throw soundNotFound(id);
  return row;
}
