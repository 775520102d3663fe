import type { Transaction } from 'kysely';
import { beginAttempt } from '#core/calls/index.js';
import type { Tables } from '#core/tables.js';
import type { EngineEvent } from '#voice/engine.js';

/** The call goes by another trunk now: what became of the last try, and the next one. */
export async function writeNextWay(
  tx: Transaction<Tables>,
  callId: string,
  next: {
    leg: string;
    trunk: string;
    event: Pick<Extract<EngineEvent, { kind: 'leg.ended' }>, 'cause' | 'sipCode' | 'sipReason'>;
  },
  at: Date,
): Promise<void> {
  const { cause, sipCode, sipReason } = next.event;
  await tx
    .updateTable('call_attempts')
    .set({ ended_at: at, cause, sip_code: sipCode ?? null, sip_reason: sipReason ?? null })
    .where('call_id', '=', callId)
    .where('ended_at', 'is', null)
    .execute();
  const row = await tx
    .updateTable('calls')
    .set((eb) => ({ trunk_id: next.trunk, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', callId)
    .where('node_id', 'is not', null)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) await beginAttempt(tx, row, { leg: next.leg, target: `by trunk ${next.trunk}` }, at);
}
