import { toAccount, type Account } from '#core/accounts/account.js';
import { recordAudit } from '#core/accounts/audit.js';
import { checkAccountName } from '#core/accounts/create-account.js';
import { isTimeZone } from '#core/calling-hours/index.js';
import type { Core } from '#core/core.js';
import { isEmailAddress } from '#core/email-address.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';

export interface UpdateAccount {
  accountId: string;
  /** What is given changes. */
  name?: string;
  /** Null: none. */
  email?: string | null;
  /** IANA. */
  timeZone?: string;
  actor: string;
}

/** @throws CoreError `account.bad_input`, `account.name_taken`, `account.not_found` */
export async function updateAccount(core: Pick<Core, 'db' | 'clock'>, input: UpdateAccount): Promise<Account> {
  const { accountId, email, timeZone } = input;
  const name = input.name === undefined ? undefined : checkAccountName(input.name);
  if (typeof email === 'string' && !isEmailAddress(email)) {
    throw new CoreError('account.bad_input', `"${email}" is not an e-mail address.`, { field: 'email' });
  }
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `"${timeZone}" is not a time zone such as America/New_York.`;
    throw new CoreError('account.bad_input', message, { field: 'timeZone' });
  }
  const changes = {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
  };
  return inTransaction(core.db, async (tx) => {
    const before = await tx
      .selectFrom('accounts')
      .selectAll()
      .where('id', '=', accountId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (before === undefined) throw new CoreError('account.not_found', `There is no account "${accountId}".`);
    const changedFields = Object.keys(changes);
    if (changedFields.length === 0) return toAccount(before);
    const row = await tx
      .updateTable('accounts')
      .set(changes)
      .where('id', '=', accountId)
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => refuseTakenName(error, name));
    await recordAudit(tx, {
      ...{ accountId, actor: input.actor, action: 'account.update', subject: accountId },
      ...{ details: { changed: changedFields }, at: new Date(core.clock.now()) },
    });
    return toAccount(row);
  });
}

/** Turns the violated index into a refusal; anything else is thrown on. */
function refuseTakenName(error: unknown, name = ''): never {
  if ((error as { constraint?: string }).constraint !== 'accounts_name_key') throw error;
  throw new CoreError('account.name_taken', `There is an account "${name}" already.`, { field: 'name' });
}
