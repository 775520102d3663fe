import { toAccount, type Account } from '#core/accounts/account.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';

/** By id or by name. @throws CoreError `account.not_found` */
export async function findAccount(core: Pick<Core, 'db'>, idOrName: string): Promise<Account> {
  const row = await core.db
    .selectFrom('accounts')
    .selectAll()
    .where((is) => is.or([is('id', '=', idOrName), is('name', '=', idOrName)]))
    .orderBy((is) => is('id', '=', idOrName), 'desc')
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('account.not_found', `There is no account "${idOrName}".`);
  return toAccount(row);
}
