import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { checkSoundName, soundNotFound, toSound, type Sound, type SoundOwner } from '#core/sounds/sound.js';

/** @throws CoreError `sound.bad_input`, `sound.not_found` */
export async function renameSound(
  core: Pick<Core, 'db' | 'clock'>,
  input: SoundOwner & { id: number; name: string; actor: string },
): Promise<Sound> {
  const { accountId, mode, id, actor } = input;
  const name = checkSoundName(input.name);
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const row = await tx
      .updateTable('sounds')
      .set({ name })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw soundNotFound(id);
    const details = { mode, name };
    await recordAudit(tx, { accountId, actor, action: 'sound.rename', subject: String(id), details, at });
    return toSound(row);
  });
}
