import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { groupNotFound } from '#core/people/find-group.js';
import type { PeopleOwner } from '#core/people/user.js';

/** Removes a group; its members stay. @throws CoreError `group.not_found` */
export async function removeGroup(
  core: Pick<Core, 'db' | 'clock'>,
  input: PeopleOwner & { id: string; actor: string },
): Promise<void> {
  const { accountId, mode, id, actor } = input;
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const removed = await tx
      .deleteFrom('user_groups')
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .returning('name')
      .executeTakeFirst();
    if (removed === undefined) throw groupNotFound(id);
    const details = { mode, name: removed.name };
    await recordAudit(tx, { accountId, actor, action: 'group.remove', subject: id, details, at });
  });
}
