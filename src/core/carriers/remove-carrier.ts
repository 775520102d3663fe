import { recordAudit } from '#core/accounts/index.js';
import { reconfigureCarriers, type ConfiguringCore } from '#core/carriers/carrier-configuration.js';
import { findCarrier } from '#core/carriers/carrier-store.js';
import { inTransaction } from '#core/in-transaction.js';
import { endTrouble } from '#core/known-troubles.js';

/**
 * Removes a carrier. What it is taking just now goes on to an answer, `sending` texts of them; receipts that come later
 * are not heard any more.
 */
export async function removeCarrier(
  core: ConfiguringCore,
  input: { name: string; accountId?: string; actor: string },
): Promise<{ sending: number }> {
  const sending = await inTransaction(core.db, async (tx) => {
    const carrier = await findCarrier(tx, input);
    const { texts } = await tx
      .selectFrom('messages')
      .select(({ fn }) => fn.countAll<number>().as('texts'))
      // Few rows, by the index of those that a process is working on.
      .where('node_id', 'is not', null)
      .where('carrier_id', '=', carrier.id)
      .executeTakeFirstOrThrow();
    await tx.deleteFrom('carriers').where('id', '=', carrier.id).execute();
    await endTrouble(tx, { kind: 'carrier_down', subject: carrier.id });
    await recordAudit(tx, {
      ...(carrier.accountId === null ? {} : { accountId: carrier.accountId }),
      actor: input.actor,
      action: 'carrier.remove',
      subject: carrier.id,
      details: { name: carrier.name },
      at: new Date(core.clock.now()),
    });
    return Number(texts);
  });
  await reconfigureCarriers(core);
  return { sending };
}
