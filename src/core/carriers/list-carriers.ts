import type { KnownCarrierState } from '#core/carriers/carrier-state.js';
import { noCarrier, presentCarrier, selectCarriers, type TextCarrier } from '#core/carriers/carrier-store.js';
import type { Core } from '#core/core.js';

export interface ListedCarrier extends TextCarrier {
  /** Undefined: no process has said anything of it yet. */
  state: KnownCarrierState | undefined;
}

/** The installation's carriers and the account's own, in the order they were added; without an account, all. */
export async function listCarriers(core: Pick<Core, 'db'>, input: { accountId?: string }): Promise<ListedCarrier[]> {
  const { accountId } = input;
  let query = selectCarriers(core.db)
    .leftJoin('carrier_states', 'carrier_states.carrier_id', 'carriers.id')
    .select(['up', 'detail', 'since']);
  if (accountId !== undefined) {
    query = query.where((where) => where.or([where('account_id', 'is', null), where('account_id', '=', accountId)]));
  }
  const rows = await query.orderBy('carriers.id').execute();
  return rows.map(({ up, detail, since, ...row }) => ({
    ...presentCarrier(row),
    state: up === null || detail === null || since === null ? undefined : { up, detail, since },
  }));
}

/** One carrier as `listCarriers` gives it. Throws `carrier.not_found`. */
export async function showCarrier(
  core: Pick<Core, 'db'>,
  input: { name: string; accountId?: string },
): Promise<ListedCarrier> {
  const found = (await listCarriers(core, input)).find(({ name }) => name === input.name);
  if (found === undefined) throw noCarrier(input.name);
  return found;
}
