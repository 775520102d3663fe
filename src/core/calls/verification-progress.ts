import type { Selectable, Transaction } from 'kysely';
import { holdFunds, releaseFunds, settleFunds } from '#core/billing/index.js';
import { CALL_REASONS } from '#core/calls/call-reason.js';
import type { CallRow } from '#core/calls/call.js';
import type { EventType } from '#core/events.js';
import type { Tables, VerificationTable } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/** What a verification's call means for it, written in the transaction that writes the call. */

export type VerificationRow = Selectable<VerificationTable>;

/** Why a verification failed, beyond the reasons of its call; the sentence is for whoever asked for the code. */
export const VERIFICATION_REASONS = {
  voicemail: 'Something that may be a machine answered, and codes are read to people only.',
  hung_up: 'The called person hung up before the code had been read.',
  replaced: 'A newer code for the same number took its place.',
  expired: 'The code expired before it could be read.',
} as const;

/** The sentence behind a verification's reason. */
export function verificationReasonText(reason: string): string {
  const sentences: Record<string, string> = { ...CALL_REASONS, ...VERIFICATION_REASONS };
  return sentences[reason] ?? reason;
}

/** The call is about to leave. */
export async function writeCodeCalling(tx: Transaction<Tables>, call: CallRow): Promise<void> {
  await tx
    .updateTable('verifications')
    .set({ status: 'calling' })
    .where('call_id', '=', call.id)
    .where('status', '=', 'pending')
    .execute();
}

/** The code was heard from its first digit to its last. */
export async function writeCodeDelivered(tx: Transaction<Tables>, callId: string, at: Date): Promise<void> {
  const row = await tx
    .selectFrom('verifications')
    .selectAll()
    .where('call_id', '=', callId)
    .forUpdate()
    .executeTakeFirst();
  if (row !== undefined) await deliverVerification(tx, row, at);
}

/** Nothing, when it was delivered before. `row` is locked. */
export async function deliverVerification(tx: Transaction<Tables>, row: VerificationRow, at: Date): Promise<void> {
  if (row.delivered_at !== null) return;
  const isOpen = row.status === 'pending' || row.status === 'calling';
  const delivered = await tx
    .updateTable('verifications')
    .set({
      delivered_at: at,
      ...(isOpen ? { status: 'delivered' } : {}),
      // Locked while it was read; now it has ended.
      ...(row.status === 'locked' ? { ended_at: at } : {}),
    })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordVerificationEvent(tx, delivered, 'verification.delivered', at);
  // A text is charged as that.
  if (row.channel === 'voice') await settleFunds(tx, { ...PRICED, ...payerOf(row), at });
}

/** The call is over: so is the code's sealed text, and what was not delivered has failed. */
export async function endCodeCall(tx: Transaction<Tables>, call: CallRow, at: Date): Promise<void> {
  const row = await tx
    .selectFrom('verifications')
    .selectAll()
    .where('call_id', '=', call.id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return;
  const isOpen = row.status === 'pending' || row.status === 'calling';
  const failed = row.delivered_at === null ? (row.reason ?? failureOf(call)) : undefined;
  const ended = await tx
    .updateTable('verifications')
    .set({
      code_encrypted: null,
      // A call that was never dialled counts in no cap.
      ...(call.attempts === 0 ? { counted: false } : {}),
      ...(failed === undefined ? {} : { reason: failed }),
      ...(failed === undefined ? {} : { ended_at: row.ended_at ?? at, ...(isOpen ? { status: 'failed' } : {}) }),
    })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  if (failed === undefined) return;
  await recordVerificationEvent(tx, ended, 'verification.failed', at);
  await releaseVerificationFunds(tx, row, at);
}

/** What a code costs that is heard. */
const PRICED = { unit: 'voice_otp_call', quantity: 1 } as const;

function payerOf(row: Pick<VerificationRow, 'id' | 'account_id' | 'mode'>) {
  return { accountId: row.account_id, mode: row.mode, reference: row.id };
}

/** Puts the price of a code aside, last in its transaction: charged once it is heard, given back when it fails. */
export async function holdVerificationFunds(
  tx: Transaction<Tables>,
  row: VerificationRow,
): Promise<'held' | 'insufficient_funds'> {
  return holdFunds(tx, { ...PRICED, ...payerOf(row), at: row.created_at });
}

/** Nothing was heard, and nothing will be. */
export async function releaseVerificationFunds(
  tx: Transaction<Tables>,
  row: Pick<VerificationRow, 'id' | 'account_id' | 'mode'>,
  at: Date,
): Promise<void> {
  await releaseFunds(tx, { ...payerOf(row), at });
}

/** Writes what happened to a verification, in the transaction that makes it true. Never the code. */
export async function recordVerificationEvent(
  tx: Transaction<Tables>,
  row: VerificationRow,
  type: Extract<EventType, `verification.${string}`>,
  at: Date,
  more: Record<string, unknown> = {},
): Promise<void> {
  await publishEvent(tx, {
    accountId: row.account_id,
    mode: row.mode,
    type,
    subject: row.id,
    data: {
      to: row.to_number,
      channel: row.channel,
      status: row.status,
      clientSupplied: row.client_supplied,
      language: row.language_used,
      callId: row.call_id,
      attemptsLeft: row.attempts_left,
      reason: row.reason,
      reasonText: row.reason === null ? null : verificationReasonText(row.reason),
      ...more,
    },
    at,
  });
}

function failureOf(call: CallRow): string {
  if (call.answered_at === null) return call.reason ?? call.status;
  if (call.status === 'voicemail') return 'voicemail';
  // We hung up, and for no other reason than that no person was heard.
  return call.reason === null ? 'voicemail' : call.reason === 'callee_hung_up' ? 'hung_up' : call.reason;
}
