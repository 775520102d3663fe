import { changeKeys, recordAudit, type KeyAdmin } from '#core/accounts/index.js';
import { tellMailboxChanged } from '#core/mailbox-changes.js';
import { userNotFound } from '#core/people/find-user.js';
import { refuseLosingLastOwner, refuseTouchingOwners } from '#core/people/owner-rules.js';
import { setUserExtension } from '#core/people/user-extension.js';
import { checkName, checkUserFields, refuseTakenEmail, type UserFields } from '#core/people/user-fields.js';
import { namesFrom } from '#core/people/user-names.js';
import { toUser, type PeopleOwner, type Role, type User } from '#core/people/user.js';
import { lockRouting } from '#core/routing/index.js';

export interface UpdateUser extends PeopleOwner {
  id: string;
  /** What is given changes; the rest stays. */
  changes: Partial<UserFields> & {
    /** What is dialled; null takes it away. */
    extension?: string | null;
  };
  /** Who does it, for the audit log. */
  actor: string;
  /** Of the user who does it; absent: the account itself. */
  actorRole?: Role | undefined;
}

/**
 * Another role counts for the user's keys at once.
 * @throws CoreError `user.not_found`, `user.bad_input`, `user.email_taken`, `user.owners_only`, `user.last_owner`,
 * `routing.refused`, `routing.in_use`
 */
export async function updateUser(core: KeyAdmin, input: UpdateUser): Promise<User> {
  const { accountId, mode, id, actor } = input;
  const { extension, name, firstName, lastName, ...others } = input.changes;
  const at = new Date(core.clock.now());
  return changeKeys(core, async (tx) => {
    if (extension !== undefined) await lockRouting(tx, input);
    const { phones, ...fields } = await checkUserFields(tx, input, others);
    if (fields.role !== undefined && fields.role !== 'owner') await refuseLosingLastOwner(tx, input, id);
    const before = await tx
      .selectFrom('users')
      .selectAll()
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (before === undefined) throw userNotFound(id);
    refuseTouchingOwners(input.actorRole, [before.role, fields.role]);
    const names = namesFrom({ name, firstName, lastName }, before);
    if (names !== undefined) checkName(names.name, 'user.bad_input');
    const row = await tx
      .updateTable('users')
      .set({ ...names, ...fields, ...(phones === undefined ? {} : { phones: [...phones] }), updated_at: at })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => refuseTakenEmail(error, fields.email ?? null));
    if (phones !== undefined) await tellMailboxChanged(tx, { accountId, mode });
    const details = { mode, changed: Object.keys(input.changes) };
    await recordAudit(tx, { accountId, actor, action: 'user.update', subject: id, details, at });
    if (extension !== undefined) {
      await setUserExtension(tx, core.clock, { accountId, mode, user: row, number: extension, actor });
    }
    return toUser(row);
  });
}
