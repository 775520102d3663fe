import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { noticeTrouble, noticeTroubleOver, type Trouble } from '#core/trouble/index.js';

/** How a carrier does, as the process that last saw a change said. */
export interface KnownCarrierState {
  up: boolean;
  detail: string;
  /** When it became so. */
  since: Date;
}

/**
 * Writes down what a connection says of a carrier, where all processes see it. Trouble and its end are logged,
 * audited and told to the owners by whoever writes the change, and so once. Calls for one carrier must not overlap. A carrier removed
 * meanwhile is ignored.
 */
export async function recordCarrierState(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'wake'>,
  carrierId: string,
  state: { up: boolean; detail: string },
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    // The lock makes processes that see the same trouble write it one after the other.
    const carrier = await tx
      .selectFrom('carriers')
      .leftJoin('carrier_states', 'carrier_states.carrier_id', 'carriers.id')
      .select(['carriers.name', 'carriers.account_id', 'up', 'since'])
      .where('carriers.id', '=', carrierId)
      .forUpdate('carriers')
      .executeTakeFirst();
    if (carrier === undefined) return;
    const row = {
      up: state.up,
      detail: state.detail.slice(0, 500),
      since: carrier.up === state.up && carrier.since !== null ? carrier.since : at,
    };
    await tx
      .insertInto('carrier_states')
      .values({ carrier_id: carrierId, ...row })
      .onConflict((conflict) => conflict.column('carrier_id').doUpdateSet(row))
      .execute();

    if (state.up === (carrier.up ?? true)) return;
    const details = { name: carrier.name, detail: row.detail };
    if (state.up) core.log.info(details, 'a carrier works again');
    else core.log.warn(details, 'a carrier is in trouble: texts try other carriers, or wait');
    await recordAudit(tx, {
      ...(carrier.account_id === null ? {} : { accountId: carrier.account_id }),
      actor: 'carrier',
      action: state.up ? 'carrier.recovered' : 'carrier.trouble',
      subject: carrierId,
      details,
      at,
    });
    const trouble: Trouble = {
      ...{ kind: 'carrier_down', subject: carrierId, accountId: carrier.account_id, name: carrier.name },
      detail: row.detail,
    };
    await (state.up ? noticeTroubleOver(tx, trouble, at) : noticeTrouble(tx, trouble, at));
  });
  core.wake.deliveries();
  core.wake.emails();
}
