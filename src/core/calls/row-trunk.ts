import { sql, type Transaction } from 'kysely';
import { CLAIM_LOCK } from '#core/calls/claim-calls.js';
import type { CallRow } from '#core/calls/call.js';
import { DialCapacity } from '#core/calls/dial-capacity.js';
import type { Tables } from '#core/tables.js';

/** `waitMs`: there is room, and the pace of the trunk or the account (rule 15) lets nothing leave yet. */
export type RowTrunk = { trunk: string; row: CallRow } | { waitMs: number } | 'no_room' | 'no_trunk';

/**
 * Takes a channel of the best trunk for a call that has a row already: of somebody at a phone of ours. It goes before campaigns
 * and into their reserve (rule 2), and among the account's calls it is counted once.
 */
export async function takeRowTrunk(
  tx: Transaction<Tables>,
  { callId, number, tried }: { callId: string; number: string; tried: readonly string[] },
  at: Date,
): Promise<RowTrunk> {
  await sql`select pg_advisory_xact_lock(${CLAIM_LOCK[0]}, ${CLAIM_LOCK[1]})`.execute(tx);
  const call = await tx
    .selectFrom('calls')
    .select(['account_id', 'mode', 'node_id', 'trunk_id'])
    .where('id', '=', callId)
    .where('ended_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (call === undefined) return 'no_trunk';
  const lease = (node_id: number | null, trunk_id: string | null) =>
    tx
      .updateTable('calls')
      .set({ node_id, trunk_id })
      .where('id', '=', callId)
      .returningAll()
      .executeTakeFirstOrThrow();
  // Not counted beside itself; nobody else sees it without its lease.
  await lease(null, null);
  const capacity = await DialCapacity.read(tx, at);
  const ways = capacity.waysFor({ accountId: call.account_id, number, tried });
  const trunk = ways.find((way) => capacity.take(call.account_id, call.mode, way));
  if (trunk !== undefined) {
    await capacity.writePace(tx);
    return { trunk, row: await lease(call.node_id, trunk) };
  }
  await lease(call.node_id, null);
  if (ways.length === 0) return 'no_trunk';
  return Number.isFinite(capacity.nextPaceMs) ? { waitMs: capacity.nextPaceMs } : 'no_room';
}
