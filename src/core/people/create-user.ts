import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { refuseTouchingOwners } from '#core/people/owner-rules.js';
import { setUserExtension } from '#core/people/user-extension.js';
import { checkName, checkUserFields, refuseTakenEmail, type UserFields } from '#core/people/user-fields.js';
import { namesFrom } from '#core/people/user-names.js';
import { toUser, type PeopleOwner, type Role, type User } from '#core/people/user.js';
import { lockRouting } from '#core/routing/index.js';

/** With a name, or a first name. */
export interface CreateUser extends PeopleOwner, Partial<UserFields> {
  /** An extension to make with the user: what is dialled. */
  extension?: string;
  /** Who does it, for the audit log. */
  actor: string;
  /** Of the user who does it; absent: the account itself. */
  actorRole?: Role | undefined;
}

export const USERS_MAX = 10_000;

/**
 * Adds somebody to the account, as `member` unless said otherwise. A phone may be several people's.
 * @throws CoreError `user.bad_input`, `user.email_taken`, `user.too_many`, `user.owners_only`, `routing.refused`
 */
export async function createUser(core: Pick<Core, 'db' | 'clock'>, input: CreateUser): Promise<User> {
  const { accountId, mode, actor, extension } = input;
  const { email = null, role = 'member', phones = [] } = input;
  refuseTouchingOwners(input.actorRole, [role]);
  const names = namesFrom(input) ?? { name: '', first_name: null, last_name: null };
  checkName(names.name, 'user.bad_input');
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    if (extension !== undefined) await lockRouting(tx, input);
    const fields = await checkUserFields(tx, input, { email, role, phones });
    const { count } = await tx
      .selectFrom('users')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirstOrThrow();
    if (Number(count) >= USERS_MAX) {
      throw new CoreError('user.too_many', `An account has at most ${USERS_MAX} users.`);
    }
    const row = await tx
      .insertInto('users')
      .values({
        id: newId('usr', at.getTime()),
        account_id: accountId,
        mode,
        ...names,
        ...fields,
        phones: [...fields.phones],
        created_at: at,
        updated_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => refuseTakenEmail(error, fields.email));
    const details = { mode, role: fields.role };
    await recordAudit(tx, { accountId, actor, action: 'user.create', subject: row.id, details, at });
    if (extension !== undefined) {
      await setUserExtension(tx, core.clock, { accountId, mode, user: row, number: extension, actor });
    }
    return toUser(row);
  });
}
