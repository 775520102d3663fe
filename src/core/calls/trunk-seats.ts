import { sql, type Transaction } from 'kysely';
import { CLAIM_LOCK } from '#core/calls/claim-calls.js';
import { DialCapacity } from '#core/calls/dial-capacity.js';
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

/** The trunk's id. `waitMs`: there is room, and the pace of the trunk or the account (rule 15) lets nothing leave yet. */
export type Seat = { trunk: string } | { waitMs: number } | 'no_room' | 'no_trunk';

/**
 * Takes a channel of the best trunk for a leg that a call between people dials beside its own. Counted together with what
 * is claimed from the queue, so that it is exact over all processes; before campaigns, and into their reserve.
 */
export async function takeSeat(tx: Transaction<Tables>, asked: SeatAsked, at: Date): Promise<Seat> {
  const { accountId, mode, callId, leg, number, tried } = asked;
  await sql`select pg_advisory_xact_lock(${CLAIM_LOCK[0]}, ${CLAIM_LOCK[1]})`.execute(tx);
  const capacity = await DialCapacity.read(tx, at);
  const ways = capacity.waysFor({ accountId, number, tried });
  if (ways.length === 0) return 'no_trunk';
  const trunk = ways.find((way) => capacity.take(accountId, mode, way));
  if (trunk === undefined) {
    const waitMs = Math.min(...ways.map((way) => capacity.waitFor(accountId, mode, way)));
    return waitMs === Infinity ? 'no_room' : { waitMs };
  }
  await capacity.writePace(tx);
  await tx
    .insertInto('trunk_seats')
    .values({ leg, call_id: callId, account_id: accountId, mode, trunk_id: trunk, taken_at: at })
    .execute();
  return { trunk };
}

/** The leg has ended, or goes by another trunk. */
export async function releaseSeat(tx: Transaction<Tables>, leg: string): Promise<void> {
  await tx.deleteFrom('trunk_seats').where('leg', '=', leg).execute();
}
