import type { Core } from '#core/core.js';
import { noTrunk, presentTrunk, selectTrunks, type Trunk } from '#core/trunks/trunk-store.js';
import type { TrunkState } from '#core/trunks/trunk-state.js';

export interface ListedTrunk extends Trunk {
  /** Undefined: no engine has said anything of it yet. */
  state: TrunkState | undefined;
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
  const states = await core.db.selectFrom('trunk_states').selectAll().execute();
  return rows.map((row) => {
    const state = states.find(({ trunk_id }) => trunk_id === row.id);
    return {
      ...presentTrunk(row),
      state:
        state === undefined
          ? undefined
          : {
              up: state.up,
              registered: state.registered ?? undefined,
              sipCode: state.sip_code ?? undefined,
              detail: state.detail,
              since: state.since,
            },
      activeCalls: active.find((count) => count.trunk_id === row.id)?.calls ?? 0,
    };
  });
}

/** One trunk as `listTrunks` gives it. Throws `trunk.not_found`. */
export async function showTrunk(
  core: Pick<Core, 'db'>,
  input: { name: string; accountId?: string },
): Promise<ListedTrunk> {
  const found = (await listTrunks(core, input)).find(({ name }) => name === input.name);
  if (found === undefined) throw noTrunk(input.name);
  return found;
}
