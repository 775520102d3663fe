import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { checkUserFields, refuseTakenEmail, type UserFields } from '#core/people/user-fields.js';
import { toUser, type PeopleOwner, type User } from '#core/people/user.js';

export interface CreateUser extends PeopleOwner, Pick<UserFields, 'name'>, Partial<Omit<UserFields, 'name'>> {
  /** Who does it, for the audit log. */
  actor: string;
}

export const USERS_MAX = 10_000;

/**
 * Adds somebody to the account, as `member` unless said otherwise. A phone may be several people's.
 * @throws CoreError `user.bad_input`, `user.email_taken`, `user.too_many`
 */
export async function createUser(core: Pick<Core, 'db' | 'clock'>, input: CreateUser): Promise<User> {
  const { accountId, mode, actor } = input;
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const { name, email = null, role = 'member', phones = [] } = input;
    const fields = await checkUserFields(tx, input, { name, email, role, phones });
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
        ...fields,
        phones: [...fields.phones],
        created_at: at,
        updated_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => refuseTakenEmail(error, fields.email));
    const details = { mode, name: fields.name, role: fields.role };
    await recordAudit(tx, { accountId, actor, action: 'user.create', subject: row.id, details, at });
    return toUser(row);
  });
}
