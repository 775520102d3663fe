import type { Transaction } from 'kysely';
import { isTerminal, toCall, type Call, type CallRow } from '#core/calls/call.js';
import { endCall } from '#core/calls/end-call.js';
import type { CallOwner } from '#core/calls/find-call.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { CoreError } from '#core/errors.js';
import type { Tables } from '#core/tables.js';

/**
 * Cancels a call: a waiting one ends at once, one in progress is hung up by the process that conducts it and ends a
 * moment later. Throws `call.not_found`, `call.already_ended`.
 */
export async function cancelCall(
  core: Pick<Core, 'db' | 'clock' | 'wake' | 'hangUp'>,
  owner: CallOwner,
  id: string,
): Promise<Call> {
  const at = new Date(core.clock.now());
  const row = await inTransaction(core.db, async (tx) => {
    const found = await tx
      .selectFrom('calls')
      .selectAll()
      .where('id', '=', id)
      .where('account_id', '=', owner.accountId)
      .where('mode', '=', owner.mode)
      .forUpdate()
      .executeTakeFirst();
    if (found === undefined) throw new CoreError('call.not_found', `There is no call ${id}.`);
    if (isTerminal(found.status)) throw new CoreError('call.already_ended', `The call has ended: ${found.status}.`);
    return withdraw(tx, found, at);
  });
  if (row === undefined) throw new CoreError('call.already_ended', 'The call has ended.');
  if (row.node_id === null) core.wake.deliveries();
  else core.hangUp(id);
  return toCall(row);
}

/**
 * Takes a call back in a transaction of somebody else's. `hang_up`: a process conducts it, and is to be told after the
 * commit (`core.hangUp`).
 */
export async function withdrawCall(tx: Transaction<Tables>, id: string, at: Date): Promise<'ended' | 'hang_up'> {
  const found = await tx.selectFrom('calls').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (found === undefined || isTerminal(found.status)) return 'ended';
  const row = await withdraw(tx, found, at);
  return row === undefined || row.node_id === null ? 'ended' : 'hang_up';
}

/** `found` is locked and has not ended. */
async function withdraw(tx: Transaction<Tables>, found: CallRow, at: Date): Promise<CallRow | undefined> {
  if (found.node_id === null) return endCall(tx, found.id, { status: 'canceled', reason: 'canceled', at }, at);
  return tx
    .updateTable('calls')
    .set({ cancel_requested_at: at })
    .where('id', '=', found.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}
