import { toAccount, type Account } from '#core/accounts/account.js';
import type { Core } from '#core/core.js';

/** All, oldest first. */
export async function listAccounts(core: Pick<Core, 'db'>): Promise<Account[]> {
  const rows = await core.db.selectFrom('accounts').selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map(toAccount);
}
