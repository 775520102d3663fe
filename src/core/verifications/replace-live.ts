import type { Transaction } from 'kysely';
import {
  recordVerificationEvent,
  releaseVerificationFunds,
  withdrawCall,
  type VerificationRow,
} from '#core/calls/index.js';
import { endMessage } from '#core/messages/index.js';
import type { Tables } from '#core/tables.js';
import type { VerificationOwner } from '#core/verifications/verification.js';

/**
 * Ends the account's codes for a number that could still be used: a new one takes their place. Returns the calls that
 * are to be hung up after the commit. The caller holds the number's lock.
 */
export async function replaceLive(
  tx: Transaction<Tables>,
  { accountId, mode, to }: VerificationOwner & { to: string },
  at: Date,
): Promise<string[]> {
  const live = await tx
    .selectFrom('verifications')
    .select(OPEN_COLUMNS)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('to_number', '=', to)
    .where('status', 'in', ['pending', 'calling', 'delivered'])
    // A code of the client's own is over for us once it was spoken.
    .where((where) => where.or([where('client_supplied', '=', false), where('status', '<>', 'delivered')]))
    .execute();
  return endUnused(tx, live, 'replaced', at);
}

export const OPEN_COLUMNS = ['id', 'account_id', 'mode', 'call_id', 'message_id'] as const;
type OpenVerification = Pick<VerificationRow, (typeof OPEN_COLUMNS)[number]>;

/** Marks verifications as expired and takes their calls back. Locks calls before verifications, as everybody does. */
export async function endUnused(
  tx: Transaction<Tables>,
  verifications: readonly OpenVerification[],
  reason: 'replaced' | 'expired',
  at: Date,
): Promise<string[]> {
  const hangUp: string[] = [];
  const unheard: OpenVerification[] = [];
  for (const verification of verifications) {
    const { id, call_id: callId, message_id: messageId } = verification;
    if (callId !== null) {
      await tx.selectFrom('calls').select('id').where('id', '=', callId).forUpdate().executeTakeFirst();
    }
    if (messageId !== null) {
      await tx.selectFrom('messages').select('id').where('id', '=', messageId).forUpdate().executeTakeFirst();
    }
    const ended = await tx
      .updateTable('verifications')
      .set((eb) => ({
        status: 'expired',
        ended_at: at,
        // What was delivered has not failed by growing old.
        reason: reason === 'replaced' ? reason : eb.case().when('delivered_at', 'is', null).then(reason).end(),
      }))
      .where('id', '=', id)
      .where('status', 'in', ['pending', 'calling', 'delivered'])
      .returningAll()
      .executeTakeFirst();
    if (ended === undefined) continue;
    if (callId !== null && (await withdrawCall(tx, callId, at)) === 'hang_up') hangUp.push(callId);
    if (messageId !== null) {
      const withdrawn = await endMessage(tx, { id: messageId }, { status: 'canceled', reason: 'canceled', at });
      // It left, and no receipt came: nobody else tells of that.
      if (withdrawn === undefined && ended.delivered_at === null) {
        await recordVerificationEvent(tx, ended, 'verification.failed', at);
      }
    } else if (ended.delivered_at === null) unheard.push(verification);
  }
  // Wallets are locked last.
  for (const verification of unheard) await releaseVerificationFunds(tx, verification, at);
  return hangUp;
}
