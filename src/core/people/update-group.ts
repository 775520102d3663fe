import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { findGroup, groupNotFound } from '#core/people/find-group.js';
import { refuseTakenName, writeMembers } from '#core/people/group-members.js';
import type { Group } from '#core/people/group.js';
import { checkName } from '#core/people/user-fields.js';
import type { PeopleOwner } from '#core/people/user.js';

export interface UpdateGroup extends PeopleOwner {
  id: string;
  /** What is given changes; `members` replaces them all. */
  changes: { name?: string; members?: readonly string[] };
  /** Who does it, for the audit log. */
  actor: string;
}

/** @throws CoreError `group.not_found`, `group.bad_input`, `group.name_taken` */
export async function updateGroup(core: Pick<Core, 'db' | 'clock'>, input: UpdateGroup): Promise<Group> {
  const { accountId, mode, id, changes, actor } = input;
  const name = changes.name === undefined ? undefined : checkName(changes.name, 'group.bad_input');
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    // Also the lock under which members are replaced.
    const updated = await tx
      .updateTable('user_groups')
      .set({ updated_at: at, ...(name === undefined ? {} : { name }) })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirst()
      .catch((error: unknown) => refuseTakenName(error, name ?? ''));
    if (updated.numUpdatedRows === 0n) throw groupNotFound(id);
    if (changes.members !== undefined) await writeMembers(tx, input, id, changes.members);
    const details = { mode, changed: Object.keys(changes) };
    await recordAudit(tx, { accountId, actor, action: 'group.update', subject: id, details, at });
    return findGroup({ db: tx }, input, id);
  });
}
