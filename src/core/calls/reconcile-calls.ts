import { sql, type Transaction } from 'kysely';
import { endCall } from '#core/calls/end-call.js';
import type { Core } from '#core/core.js';
import type { Tables } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';
import { isNodeDead } from '#jobs/dead-node.js';

/**
 * Takes back what dead nodes held: calls that were not dialled yet wait again, calls that may have left end as
 * `failed`, `node_lost`; deliveries are tried again. A node is dead when nobody holds its advisory lock.
 */
export async function reconcileDeadNodes(core: Pick<Core, 'db' | 'clock' | 'node' | 'wake' | 'log'>): Promise<void> {
  const { rows } = await sql<{ node_id: number }>`
    select node_id from calls where node_id is not null and node_id <> ${core.node}
    union select node_id from deliveries where node_id is not null and node_id <> ${core.node}
    union select node_id from emails where node_id is not null and node_id <> ${core.node}`.execute(core.db);
  for (const { node_id: node } of rows) await reconcileNode(core, node);
}

async function reconcileNode(core: Pick<Core, 'db' | 'clock' | 'wake' | 'log'>, node: number): Promise<void> {
  const lost = await core.db.transaction().execute(async (tx) => {
    if (!(await isNodeDead(tx, node))) return undefined;
    await tx
      .updateTable('calls')
      .set({ node_id: null })
      .where('node_id', '=', node)
      .where('status', '=', 'queued')
      .execute();
    await tx.updateTable('deliveries').set({ node_id: null }).where('node_id', '=', node).execute();
    await tx.updateTable('emails').set({ node_id: null }).where('node_id', '=', node).execute();
    return tx.selectFrom('calls').select('id').where('node_id', '=', node).execute();
  });
  if (lost === undefined) return;
  // Each in a transaction of its own: a wallet is the last thing that one locks.
  for (const { id } of lost) await untilWritten(core, (tx) => endLost(core, tx, node, id));
  if (lost.length > 0) core.log.warn({ node, calls: lost.length }, 'ended the calls of a process that died');
  core.wake.calls();
  core.wake.deliveries();
}

/** Unless its node came back meanwhile, or it is no longer that node's. */
async function endLost(core: Pick<Core, 'clock'>, tx: Transaction<Tables>, node: number, id: string): Promise<void> {
  if (!(await isNodeDead(tx, node))) return;
  const call = await tx.selectFrom('calls').select('node_id').where('id', '=', id).forUpdate().executeTakeFirst();
  if (call?.node_id !== node) return;
  const at = new Date(core.clock.now());
  const ended = await endCall(tx, id, { status: 'failed', reason: 'node_lost', at }, at);
  if (ended?.script.kind === 'flow') await tellLost(tx, id, at);
}

/** The last that the history of a call between people tells. */
async function tellLost(tx: Transaction<Tables>, callId: string, at: Date): Promise<void> {
  await tx
    .insertInto('call_steps')
    .columns(['call_id', 'position', 'type', 'description', 'at'])
    .expression((db) =>
      db
        .selectFrom('call_steps')
        .where('call_id', '=', callId)
        .select((eb) => [
          eb.val(callId).as('call_id'),
          sql<number>`coalesce(max(position), -1) + 1`.as('position'),
          eb.val('hangup').as('type'),
          eb.val('The call was lost: the server that led it stopped').as('description'),
          sql<Date>`${at}::timestamptz`.as('at'),
        ]),
    )
    .execute();
}
