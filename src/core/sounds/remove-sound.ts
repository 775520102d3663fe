import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { replaceOrRefuse } from '#core/routing/index.js';
import { forgetSamples } from '#core/sounds/sound-samples.js';
import { soundNotFound, type SoundOwner } from '#core/sounds/sound.js';

/**
 * Bytes gone (rule 21), unless something says it and nothing is given that says `replacementId` in its place.
 * @throws CoreError `sound.not_found`, `routing.in_use`, `routing.refused`, `routing.bad_input`
 */
export async function removeSound(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  input: SoundOwner & { id: number; replacementId?: number | undefined; actor: string },
): Promise<void> {
  const { accountId, mode, id, replacementId, actor } = input;
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const owner = { accountId, mode, author: actor };
    await replaceOrRefuse({ db: tx, clock: core.clock }, owner, { type: 'sound', id }, replacementId);
    const removed = await tx
      .deleteFrom('sounds')
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .returning(['file', 'name'])
      .executeTakeFirst();
    if (removed === undefined) throw soundNotFound(id);
    const details = { mode, name: removed.name };
    await recordAudit(tx, { accountId, actor, action: 'sound.remove', subject: String(id), details, at });
    // Before the commit: a row without a file can be removed again, a file without a row stays for ever.
    await core.recordings.remove(removed.file);
    forgetSamples(core.recordings.path(removed.file));
  });
}
