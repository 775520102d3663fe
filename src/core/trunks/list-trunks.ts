import type { Core } from '#core/core.js';
import { presentTrunk, selectTrunks, type Trunk } from '#core/trunks/trunk-store.js';

export interface ListedTrunk extends Trunk {
  /** Calls that hold one of its channels now. */
  activeCalls: number;
}

/** The installation's trunks and the account's own, in the order they were added; without an account, all. */
export async function listTrunks(core: Pick<Core, 'db'>, input: { accountId?: string }): Promise<ListedTrunk[]> {
  const { accountId } = input;
  let query = selectTrunks(core.db);
  if (accountId !== undefined) {
    query = query.where((where) => where.or([where('account_id', 'is', null), where('account_id', '=', accountId)]));
  }
  const rows = await query.orderBy('trunks.id').execute();
  const active = await core.db
    .selectFrom('calls')
    .select(({ fn }) => ['trunk_id', fn.countAll<number>().as('calls')])
    .where('node_id', 'is not', null)
    .where('trunk_id', 'is not', null)
    .groupBy('trunk_id')
    .execute();
  return rows.map((row) => ({
    ...presentTrunk(row),
    activeCalls: active.find((count) => count.trunk_id === row.id)?.calls ?? 0,
  }));
}
