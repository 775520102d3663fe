import { sql, type Transaction } from 'kysely';
import { NODE_LOCK } from '#jobs/node-lease.js';

/** Whether nobody holds the lock of a node; then it is held until the transaction ends. */
export async function isNodeDead<Tables>(tx: Transaction<Tables>, node: number): Promise<boolean> {
  const { rows } = await sql<{ dead: boolean }>`
    select pg_try_advisory_xact_lock(${NODE_LOCK}::integer, ${node}::integer) as dead`.execute(tx);
  return rows[0]?.dead === true;
}
