import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { endTrouble } from '#core/known-troubles.js';
import { reconfigureEngines } from '#core/engine-configuration.js';
import { listTrunks } from '#core/trunks/list-trunks.js';
import { findTrunk } from '#core/trunks/trunk-store.js';

/** Removes a trunk. Its calls in progress go on to their end; `activeCalls` says how many there are. */
export async function removeTrunk(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'engines' | 'node'>,
  input: { name: string; accountId?: string; actor: string },
): Promise<{ activeCalls: number }> {
  const activeCalls = await inTransaction(core.db, async (tx) => {
    const trunk = await findTrunk(tx, input);
    const listed = (await listTrunks({ db: tx }, {})).find(({ id }) => id === trunk.id);
    await tx.deleteFrom('trunks').where('id', '=', trunk.id).execute();
    await endTrouble(tx, { kind: 'trunk_down', subject: trunk.id });
    await recordAudit(tx, {
      ...(trunk.accountId === null ? {} : { accountId: trunk.accountId }),
      actor: input.actor,
      action: 'trunk.remove',
      subject: trunk.id,
      details: { name: trunk.name },
      at: new Date(core.clock.now()),
    });
    return listed?.activeCalls ?? 0;
  });
  await reconfigureEngines(core);
  return { activeCalls };
}
