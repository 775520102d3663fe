import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { noticeTrouble, noticeTroubleOver, type Trouble } from '#core/trouble/index.js';

/** How a trunk does, as the engine that last saw a change said. */
export interface TrunkState {
  up: boolean;
  /** Undefined: it does not register. */
  registered: boolean | undefined;
  sipCode: number | undefined;
  detail: string;
  /** When it became so. */
  since: Date;
}

/** Whether calls may be sent there first. */
export function isWell(state: Pick<TrunkState, 'up' | 'registered'>): boolean {
  return state.up && state.registered !== false;
}

/**
 * Writes down what an engine says of a trunk, where all servers see it. Trouble and its end are logged, audited and
 * told to the owners by whoever writes the change, and so once. Calls for one trunk must not overlap. A trunk removed meanwhile is ignored.
 */
export async function recordTrunkState(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'wake'>,
  input: { trunkId: string } & Omit<TrunkState, 'since'>,
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    // The lock makes servers that see the same trouble write it one after the other.
    const trunk = await tx
      .selectFrom('trunks')
      .leftJoin('trunk_states', 'trunk_states.trunk_id', 'trunks.id')
      .select(['trunks.name', 'trunks.account_id', 'up', 'registered', 'since'])
      .where('trunks.id', '=', input.trunkId)
      .forUpdate('trunks')
      .executeTakeFirst();
    if (trunk === undefined) return;
    const registered = input.registered ?? null;
    const changed = trunk.up !== input.up || trunk.registered !== registered;
    const row = {
      up: input.up,
      registered,
      sip_code: input.sipCode ?? null,
      detail: input.detail.slice(0, 500),
      since: changed || trunk.since === null ? at : trunk.since,
    };
    await tx
      .insertInto('trunk_states')
      .values({ trunk_id: input.trunkId, ...row })
      .onConflict((conflict) => conflict.column('trunk_id').doUpdateSet(row))
      .execute();

    const well = isWell(input);
    const wasWell = trunk.up === null || isWell({ up: trunk.up, registered: trunk.registered ?? undefined });
    if (well === wasWell) return;
    const { name } = trunk;
    const details = { name, detail: input.detail };
    if (well) core.log.info(details, 'a trunk works again');
    else core.log.warn(details, 'a trunk is in trouble: calls try other trunks first');
    await recordAudit(tx, {
      ...(trunk.account_id === null ? {} : { accountId: trunk.account_id }),
      actor: 'engine',
      action: well ? 'trunk.recovered' : 'trunk.trouble',
      subject: input.trunkId,
      details,
      at,
    });
    const trouble: Trouble = {
      ...{ kind: 'trunk_down', subject: input.trunkId, accountId: trunk.account_id, name },
      detail: input.detail === '' ? 'It does not answer.' : input.detail,
    };
    await (well ? noticeTroubleOver(tx, trouble, at) : noticeTrouble(tx, trouble, at));
  });
  core.wake.deliveries();
  core.wake.emails();
}
