import type { Transaction } from 'kysely';
import { recordCallEvent } from '#core/calls/call-events.js';
import { beginAttempt, lastLook } from '#core/calls/call-writer.js';
import type { CallRow } from '#core/calls/call.js';
import type { NotDialled } from '#core/calls/conducted-call.js';
import type { SecretBox } from '#core/secret-box.js';
import type { Tables } from '#core/tables.js';

/** Before phones of ours ring. Nobody outside is called yet, so that no attempt begins. */
export async function writePhonesRing(
  tx: Transaction<Tables>,
  secrets: SecretBox,
  call: CallRow,
  at: Date,
): Promise<CallRow | NotDialled> {
  const looked = await lastLook(tx, secrets, call, 'queued', at);
  if (typeof looked === 'string') return looked;
  const row = await tx
    .updateTable('calls')
    .set({ status: 'dialing', dialing_at: at })
    .where('id', '=', call.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordCallEvent(tx, row, 'call.dialing', at, { quiet: true });
  return row;
}

/** Somebody of ours has picked up: the attempt is written down before the far end is called. */
export async function writePickedUp(
  tx: Transaction<Tables>,
  secrets: SecretBox,
  call: CallRow,
  attempt: { phone: string; leg: string; target: string },
  at: Date,
): Promise<CallRow | NotDialled> {
  const looked = await lastLook(tx, secrets, call, 'dialing', at);
  if (typeof looked === 'string') return looked;
  const row = await tx
    .updateTable('calls')
    .set((eb) => ({ picked_up_by: attempt.phone, picked_up_at: at, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', call.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await beginAttempt(tx, row, attempt, at);
  return row;
}
