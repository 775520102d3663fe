import type { Core } from '#core/core.js';

/** Whether calls of the account can leave by a trunk, its own or the installation's. */
export async function hasTrunk(core: Pick<Core, 'db'>, accountId: string): Promise<boolean> {
  const row = await core.db
    .selectFrom('trunks')
    .select('id')
    .where((is) => is.or([is('account_id', 'is', null), is('account_id', '=', accountId)]))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
