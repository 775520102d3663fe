import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { endMessages } from '#core/messages/end-message.js';
import { applyEarly, applyToUnknown } from '#core/messages/record-receipts.js';
import { accountsThatResend, resendAt, resendUnsure } from '#core/messages/resend-unsure.js';
import { isNodeDead } from '#jobs/dead-node.js';
import { untilWritten } from '#core/until-written.js';

/** Texts in one transaction; a node holds no more than the windows of its carriers. */
const BATCH = 500;

/**
 * Takes back what dead nodes held: a text that was being handed over may have been taken, and so ends `unknown`, unless
 * its account rather has it sent twice (rule 18). Also applies receipts that came in the moment in which their text became
 * known. A node is dead when nobody holds its advisory lock.
 */
export async function reconcileMessages(core: Pick<Core, 'db' | 'clock' | 'node' | 'wake' | 'log'>): Promise<void> {
  const { rows: nodes } = await sql<{ node_id: number }>`
    select distinct node_id from messages where node_id is not null and node_id <> ${core.node}`.execute(core.db);
  for (const { node_id: node } of nodes) await reconcileNode(core, node);
  const { rows } = await sql<{ carrierId: string; theirId: string }>`
    select e.carrier_id as "carrierId", e.their_id as "theirId" from early_receipts e
    where exists (select from message_parts p where p.carrier_id = e.carrier_id and p.their_id = e.their_id)
    limit ${BATCH}`.execute(core.db);
  await applyEarly(core, rows);
}

async function reconcileNode(core: Pick<Core, 'db' | 'clock' | 'wake' | 'log'>, node: number): Promise<void> {
  for (;;) {
    const taken = await untilWritten(core, async (tx) => {
      if (!(await isNodeDead(tx, node))) return undefined;
      const lost = await tx
        .selectFrom('messages')
        .select(['id', 'account_id', 'carrier_id', 'to_address', 'unsure_tries', 'expires_at'])
        .where('node_id', '=', node)
        .orderBy('id')
        .limit(BATCH)
        .forUpdate()
        .execute();
      const resend = await accountsThatResend(
        tx,
        lost.map(({ account_id }) => account_id),
      );
      const at = new Date(core.clock.now());
      const again = lost.flatMap((text) => {
        const dueAt = resend.has(text.account_id) ? resendAt(text, at) : undefined;
        return dueAt === undefined ? [] : [{ ...text, dueAt }];
      });
      await resendUnsure(tx, again);
      const ended = await endMessages(
        tx,
        lost
          .filter(({ id }) => !again.some((one) => one.id === id))
          .map(({ id }) => ({ id, status: 'unknown', reason: 'node_lost', at })),
      );
      return { unknown: ended, again };
    });
    if (taken === undefined) return;
    const { unknown, again } = taken;
    if (unknown.length + again.length === 0) return;
    core.log.warn({ node, unknown: unknown.length, again: again.length }, 'took back the texts of a process that died');
    await applyToUnknown(core, [...unknown, ...again]);
    core.wake.messages();
    core.wake.deliveries();
  }
}
