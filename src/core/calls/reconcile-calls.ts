import { sql } from 'kysely';
import { endCall } from '#core/calls/end-call.js';
import type { Core } from '#core/core.js';
import { NODE_LOCK } from '#jobs/node-lease.js';

/**
 * Takes back what dead nodes held: calls that were not dialled yet wait again, calls that may have left end as
 * `failed`, `node_lost`; deliveries are tried again. A node is dead when nobody holds its advisory lock.
 */
export async function reconcileDeadNodes(core: Pick<Core, 'db' | 'clock' | 'node' | 'wake' | 'log'>): Promise<void> {
  const { rows } = await sql<{ node_id: number }>`
    select node_id from calls where node_id is not null and node_id <> ${core.node}
    union select node_id from deliveries where node_id is not null and node_id <> ${core.node}`.execute(core.db);
  for (const { node_id: node } of rows) await reconcileNode(core, node);
}

async function reconcileNode(core: Pick<Core, 'db' | 'clock' | 'wake' | 'log'>, node: number): Promise<void> {
  const ended = await core.db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ dead: boolean }>`
      select pg_try_advisory_xact_lock(${NODE_LOCK}, ${node}) as dead`.execute(tx);
    if (rows[0]?.dead !== true) return undefined;
    await tx
      .updateTable('calls')
      .set({ node_id: null })
      .where('node_id', '=', node)
      .where('status', '=', 'queued')
      .execute();
    await tx.updateTable('deliveries').set({ node_id: null }).where('node_id', '=', node).execute();
    // Wallets are locked on the way: in one order, so that two processes that do this never wait for each other.
    const lost = await tx.selectFrom('calls').select('id').where('node_id', '=', node).orderBy('account_id').execute();
    const at = new Date(core.clock.now());
    for (const { id } of lost) await endCall(tx, id, { status: 'failed', reason: 'node_lost', at });
    return lost.length;
  });
  if (ended === undefined) return;
  if (ended > 0) core.log.warn({ node, calls: ended }, 'ended the calls of a process that died');
  core.wake.calls();
  core.wake.deliveries();
}
