import type { Transaction } from 'kysely';
import { isE164 } from '#core/address.js';
import { costOf, countHolds, findWallet, holdFunds, priceOf, releaseFunds, settleFunds } from '#core/billing/index.js';
import { isTerminal, type CallRow } from '#core/calls/call.js';
import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Mode, Tables } from '#core/tables.js';

const UNIT = 'voice_minute';

/**
 * Whether a call costs by the minute. What stays in the installation does not, nor does a call that speaks a code,
 * which is charged as that, nor one that comes in; and nobody asks for money when an emergency is called (rule 11).
 */
export function isCharged(call: Pick<CallRow, 'mode' | 'trunk_id' | 'purpose' | 'direction'>): boolean {
  if (call.direction === 'in') return false;
  return call.mode === 'live' && call.trunk_id !== null && !NOT_BY_THE_MINUTE.includes(call.purpose);
}

const NOT_BY_THE_MINUTE = ['emergency', 'verification'];

/** Refuses a call that its account could not pay the first minute of. @throws CoreError `wallet.insufficient_funds` */
export async function checkFunds(db: Db, call: { accountId: string; mode: Mode; to: string }): Promise<void> {
  if (call.mode !== 'live' || !isE164(call.to)) return;
  const { metering, balance } = await findWallet({ db }, call.accountId);
  if (metering === 'off' || balance >= costOf(await priceOf(db, call.accountId, UNIT), 1)) return;
  const ours = await db
    .selectFrom('numbers')
    .select('number')
    .where('mode', '=', 'live')
    .where('number', '=', call.to)
    .executeTakeFirst();
  if (ours !== undefined) return;
  throw new CoreError('wallet.insufficient_funds', `The balance of the account does not pay for a call to ${call.to}.`);
}

/** Sets a minute apart before a call is dialled; a call that is dialled again keeps the one that it has. */
export async function holdFirstMinute(
  tx: Transaction<Tables>,
  call: CallRow,
  at: Date,
): Promise<'held' | 'insufficient_funds'> {
  return isCharged(call) ? holdFunds(tx, { ...useOf(call, at), unit: UNIT, quantity: 1 }) : 'held';
}

/** Sets another minute apart while a call goes on; the first has the number 0. `free`: none needs to be. */
export async function holdMinute(
  tx: Transaction<Tables>,
  callId: string,
  minute: number,
  at: Date,
): Promise<'held' | 'insufficient_funds' | 'free' | 'ended'> {
  const call = await tx.selectFrom('calls').selectAll().where('id', '=', callId).forUpdate().executeTakeFirst();
  if (call === undefined || isTerminal(call.status)) return 'ended';
  if ((await countHolds(tx, { accountId: call.account_id, reference: callId })) === 0) return 'free';
  return holdFunds(tx, { ...useOf(call, at), unit: UNIT, quantity: 1, part: minute });
}

/** Charges the minutes of a call that has ended, or gives back what was held for it. */
export async function settleCall(tx: Transaction<Tables>, call: CallRow, at: Date): Promise<void> {
  if (call.mode !== 'live') return;
  const use = useOf(call, at);
  if (!isCharged(call) || call.answered_at === null) return releaseFunds(tx, use);
  const quantity = await minutesOf(tx, call, call.answered_at, at);
  await settleFunds(tx, { ...use, unit: UNIT, quantity });
}

/**
 * Started minutes, of the whole seconds that the call is shown to have lasted. No more than was held, where we ended it
 * for that, or where its process died and only the time is known at which that was found.
 */
async function minutesOf(tx: Transaction<Tables>, call: CallRow, answeredAt: Date, endedAt: Date): Promise<number> {
  const seconds = Math.round((endedAt.getTime() - answeredAt.getTime()) / 1000);
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  if (call.reason !== 'node_lost' && call.reason !== 'insufficient_funds') return minutes;
  const held = await countHolds(tx, { accountId: call.account_id, reference: call.id });
  return Math.min(minutes, Math.max(1, held));
}

function useOf(call: CallRow, at: Date) {
  return { accountId: call.account_id, mode: call.mode, reference: call.id, at };
}
