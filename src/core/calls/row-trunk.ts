import { sql, type Transaction } from 'kysely';
import { holdFirstMinute } from '#core/calls/call-funds.js';
import { beginAttempt } from '#core/calls/call-writer.js';
import { CLAIM_LOCK } from '#core/calls/claim-calls.js';
import { DialCapacity, type Seat } from '#core/calls/dial-capacity.js';
import type { Tables } from '#core/tables.js';
import type { LegEnded } from '#voice/engine.js';

/**
 * Takes a channel of the best trunk for a call that has a row already: of somebody at a phone of ours. It goes before campaigns
 * and into their reserve (rule 2), and among the account's calls it is counted once.
 */
export async function takeRowTrunk(
  tx: Transaction<Tables>,
  { callId, number, tried }: { callId: string; number: string; tried: readonly string[] },
  at: Date,
): Promise<Seat> {
  // Before all who look for a channel wait for each other: it may be held by whoever waits for the account's wallet.
  const call = await tx
    .selectFrom('calls')
    .select(['account_id', 'mode', 'node_id', 'trunk_id'])
    .where('id', '=', callId)
    .where('ended_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (call === undefined) return 'no_trunk';
  await sql`select pg_advisory_xact_lock(${CLAIM_LOCK[0]}, ${CLAIM_LOCK[1]})`.execute(tx);
  const lease = (node_id: number | null, trunk_id: string | null) =>
    tx.updateTable('calls').set({ node_id, trunk_id }).where('id', '=', callId).execute();
  // Not counted beside itself; nobody else sees it without its lease.
  await lease(null, null);
  const capacity = await DialCapacity.read(tx, at);
  const { account_id: accountId, mode } = call;
  const seat = capacity.takeBest({ accountId, mode, number, tried });
  if (typeof seat === 'object' && 'trunk' in seat) await capacity.writePace(tx);
  await lease(call.node_id, typeof seat === 'object' && 'trunk' in seat ? seat.trunk : null);
  return seat;
}

/** The first minute of a call whose trunk is known is set apart; the call is `ended` where it was over by then. */
export async function holdRowMinute(
  tx: Transaction<Tables>,
  callId: string,
  at: Date,
): Promise<'held' | 'insufficient_funds' | 'ended'> {
  const call = await tx
    .selectFrom('calls')
    .selectAll()
    .where('id', '=', callId)
    .where('ended_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return call === undefined ? 'ended' : holdFirstMinute(tx, call, at);
}

/** The call goes by this leg now, which is a try of its own; the first one is the one that it began with. */
export async function nameRowLeg(
  tx: Transaction<Tables>,
  callId: string,
  { leg, trunk, isFirst }: { leg: string; trunk: string; isFirst: boolean },
  at: Date,
): Promise<void> {
  const target = `by trunk ${trunk}`;
  if (isFirst) {
    await tx
      .updateTable('call_attempts')
      .set({ leg, target, dialed_at: at })
      .where('call_id', '=', callId)
      .where('ended_at', 'is', null)
      .execute();
    return;
  }
  // The answer to what wrote it was lost, and it is written again.
  const known = tx.updateTable('call_attempts').set({ target }).where('call_id', '=', callId).where('leg', '=', leg);
  if (Number((await known.executeTakeFirst()).numUpdatedRows) > 0) return;
  const row = await tx
    .updateTable('calls')
    .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
    .where('id', '=', callId)
    .where('ended_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) await beginAttempt(tx, row, { leg, target }, at);
}

/**
 * What became of one try, as its own leg tells it; also after the call has ended, which knows the phone's leg alone. Without an
 * event it did not leave, and how its call ends tells why.
 */
export async function writeRowLegEnd(
  tx: Transaction<Tables>,
  { callId, leg, event }: { callId: string; leg: string; event: LegEnded | undefined },
  at: Date,
): Promise<void> {
  if (event === undefined) return;
  const { cause, sipCode, sipReason, rtp } = event;
  await tx
    .updateTable('call_attempts')
    .set((eb) => ({
      ended_at: eb.fn.coalesce('ended_at', eb.val(at)),
      ...{ cause, sip_code: sipCode ?? null, sip_reason: sipReason ?? null },
      ...(rtp === undefined ? {} : { rtp: JSON.stringify(rtp) }),
    }))
    .where('call_id', '=', callId)
    .where('leg', '=', leg)
    .execute();
}
