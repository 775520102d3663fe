import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { userNotFound } from '#core/people/find-user.js';
import { checkUserFields, refuseTakenEmail, type UserFields } from '#core/people/user-fields.js';
import { toUser, type PeopleOwner, type User } from '#core/people/user.js';

export interface UpdateUser extends PeopleOwner {
  id: string;
  /** What is given changes; the rest stays. */
  changes: Partial<UserFields>;
  /** Who does it, for the audit log. */
  actor: string;
}

/** @throws CoreError `user.not_found`, `user.bad_input`, `user.email_taken` */
export async function updateUser(core: Pick<Core, 'db' | 'clock'>, input: UpdateUser): Promise<User> {
  const { accountId, mode, id, changes, actor } = input;
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const { phones, ...others } = await checkUserFields(tx, input, changes);
    const row = await tx
      .updateTable('users')
      .set({ ...others, ...(phones === undefined ? {} : { phones: [...phones] }), updated_at: at })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .returningAll()
      .executeTakeFirst()
      .catch((error: unknown) => refuseTakenEmail(error, others.email ?? null));
    if (row === undefined) throw userNotFound(id);
    const details = { mode, changed: Object.keys(changes) };
    await recordAudit(tx, { accountId, actor, action: 'user.update', subject: id, details, at });
    return toUser(row);
  });
}
