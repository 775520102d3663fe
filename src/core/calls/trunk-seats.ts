import { sql, type Transaction } from 'kysely';
import { CLAIM_LOCK } from '#core/calls/claim-calls.js';
import { DialCapacity, readTrunks, toWay, type Seat } from '#core/calls/dial-capacity.js';
import { waysFor } from '#core/calls/trunk-choice.js';
import type { Db } from '#core/core.js';
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

/** The trunks that lead there, whether they have room or not. */
export async function trunksFor(
  db: Db,
  call: { accountId: string; number: string; tried: readonly string[] },
): Promise<string[]> {
  const ways = (await readTrunks(db)).map((row) => ({ ...toWay(row), free: 0 }));
  return waysFor(ways, call).map(({ id }) => id);
}

/**
 * Takes a channel of the best trunk for a leg that a call between people dials beside its own. Counted together with what
 * is claimed from the queue, so that it is exact over all processes; before campaigns, and into their reserve.
 */
export async function takeSeat(tx: Transaction<Tables>, asked: SeatAsked, at: Date): Promise<Seat> {
  const { accountId, mode, callId, leg, number, tried } = asked;
  // A call that has ended gives back what it has, and takes nothing more. Its row may be held by whoever waits for the
  // account's wallet: nobody who looks for a channel waits for that, too.
  const call = await tx
    .selectFrom('calls')
    .select('id')
    .where('id', '=', callId)
    .where('ended_at', 'is', null)
    .forShare()
    .executeTakeFirst();
  if (call === undefined) return 'no_trunk';
  // The answer to what took it was lost, and it is taken again.
  const had = await tx.selectFrom('trunk_seats').select('trunk_id').where('leg', '=', leg).executeTakeFirst();
  if (had !== undefined) return { trunk: had.trunk_id, nextMs: 0 };
  await sql`select pg_advisory_xact_lock(${CLAIM_LOCK[0]}, ${CLAIM_LOCK[1]})`.execute(tx);
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
