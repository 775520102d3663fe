import { sql, type Transaction } from 'kysely';
import { CLAIM_LOCK } from '#core/calls/claim-calls.js';
import { DialCapacity, type Seat } from '#core/calls/dial-capacity.js';
import type { Mode, Tables } from '#core/tables.js';

export interface SeatAsked {
  accountId: string;
  mode: Mode;
  callId: string;
  leg: string;
  /** E.164. */
  number: string;
  /** Trunks that have failed this leg already. */
  tried: readonly string[];
}

/**
 * Takes a channel of the best trunk for a leg that a call between people dials beside its own. Counted together with what
 * is claimed from the queue, so that it is exact over all processes; before campaigns, and into their reserve.
 */
export async function takeSeat(tx: Transaction<Tables>, asked: SeatAsked, at: Date): Promise<Seat> {
  const { accountId, mode, callId, leg, number, tried } = asked;
  await sql`select pg_advisory_xact_lock(${CLAIM_LOCK[0]}, ${CLAIM_LOCK[1]})`.execute(tx);
  // A call that has ended gives back what it has, and takes nothing more.
  const call = await tx
    .selectFrom('calls')
    .select('id')
    .where('id', '=', callId)
    .where('ended_at', 'is', null)
    .forShare()
    .executeTakeFirst();
  if (call === undefined) return 'no_trunk';
  const capacity = await DialCapacity.read(tx, at);
  const seat = capacity.takeBest({ accountId, mode, number, tried });
  if (typeof seat === 'string' || 'waitMs' in seat) return seat;
  await capacity.writePace(tx);
  await tx
    .insertInto('trunk_seats')
    .values({ leg, call_id: callId, account_id: accountId, mode, trunk_id: seat.trunk, taken_at: at })
    .execute();
  return seat;
}

/** The leg has ended, or goes by another trunk. */
export async function releaseSeat(tx: Transaction<Tables>, leg: string): Promise<void> {
  await tx.deleteFrom('trunk_seats').where('leg', '=', leg).execute();
}
