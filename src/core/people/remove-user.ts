import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { userNotFound } from '#core/people/find-user.js';
import type { PeopleOwner } from '#core/people/user.js';
import { refuseIfUsed } from '#core/routing/index.js';

/** Removes a user, also out of groups, unless calls lead to them. @throws CoreError `user.not_found`, `routing.in_use` */
export async function removeUser(
  core: Pick<Core, 'db' | 'clock'>,
  input: PeopleOwner & { id: string; actor: string },
): Promise<void> {
  const { accountId, mode, id, actor } = input;
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    await refuseIfUsed(tx, { accountId, mode }, { type: 'user', id });
    const removed = await tx
      .deleteFrom('users')
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .returning('name')
      .executeTakeFirst();
    if (removed === undefined) throw userNotFound(id);
    await recordAudit(tx, { accountId, actor, action: 'user.remove', subject: id, details: { mode }, at });
  });
}
