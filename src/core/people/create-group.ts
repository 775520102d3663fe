import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { refuseTakenName, writeMembers } from '#core/people/group-members.js';
import type { Group } from '#core/people/group.js';
import { checkName } from '#core/people/user-fields.js';
import type { PeopleOwner } from '#core/people/user.js';

export interface CreateGroup extends PeopleOwner {
  /** Of one group in the account. */
  name: string;
  /** Users by id, e-mail address or name, in their order. */
  members?: readonly string[];
  /** Who does it, for the audit log. */
  actor: string;
}

export const GROUPS_MAX = 1000;

/** @throws CoreError `group.bad_input`, `group.name_taken`, `group.too_many` */
export async function createGroup(core: Pick<Core, 'db' | 'clock'>, input: CreateGroup): Promise<Group> {
  const { accountId, mode, actor } = input;
  const name = checkName(input.name, 'group.bad_input');
  const at = new Date(core.clock.now());
  const id = newId('grp', at.getTime());
  return inTransaction(core.db, async (tx) => {
    const { count } = await tx
      .selectFrom('user_groups')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirstOrThrow();
    if (Number(count) >= GROUPS_MAX) {
      throw new CoreError('group.too_many', `An account has at most ${GROUPS_MAX} groups.`);
    }
    await tx
      .insertInto('user_groups')
      .values({ id, account_id: accountId, mode, name, created_at: at, updated_at: at })
      .execute()
      .catch((error: unknown) => refuseTakenName(error, name));
    const members = await writeMembers(tx, input, id, input.members ?? []);
    await recordAudit(tx, { accountId, actor, action: 'group.create', subject: id, details: { mode, name }, at });
    return { id, name, members, createdAt: at, updatedAt: at };
  });
}
