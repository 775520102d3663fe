import type { Transaction } from 'kysely';
import { isE164, isExtension } from '#core/address.js';
import type { CallRow } from '#core/calls/call.js';
import { readTrunks, toWay } from '#core/calls/dial-capacity.js';
import { destinationAllowed } from '#core/calls/outbound-rule.js';
import { MOST_TRUNKS, waysFor } from '#core/calls/trunk-choice.js';
import type { Purpose } from '#core/purpose.js';
import type { SecretBox } from '#core/secret-box.js';
import { isSuppressed } from '#core/suppression/index.js';
import type { Tables } from '#core/tables.js';
import type { EngineEvent } from '#voice/engine.js';

/** How a leg ended that nobody answered and that we did not end. */
export type FailedLeg = Pick<
  Extract<EngineEvent, { kind: 'leg.ended' }>,
  'leg' | 'cause' | 'sipCode' | 'sipReason' | 'retryAfterSeconds' | 'redirects'
> & {
  /** It was heard to ring, or spoke before the answer. */
  rang: boolean;
};

/** After this many refusals for overload a call fails with `congestion`. */
const MOST_PUT_BACKS = 20;
/** When an overloaded trunk does not say how long to wait; and the bounds of what it may say. */
const CONGESTION_WAIT_MS = 5000;
const CONGESTION_WAIT_LEAST_MS = 1000;
const CONGESTION_WAIT_MOST_MS = 3_600_000;
/** Numbers that redirects may send one call to. */
const MOST_REDIRECTS = 5;
/** Of one answer. */
const REDIRECTS_LOOKED_AT = 10;

/**
 * Puts a call that nobody answered back into the queue where it can still be carried: by another trunk, by the same one
 * later, or to where a redirect sent it. False: it is over. The claim that takes it next counts channels and pace as for
 * any other call, and a process that dies in between leaves it queued.
 */
export async function writeNextTry(
  tx: Transaction<Tables>,
  secrets: SecretBox,
  callId: string,
  leg: FailedLeg,
  at: Date,
): Promise<boolean> {
  const call = await tx.selectFrom('calls').selectAll().where('id', '=', callId).forUpdate().executeTakeFirst();
  if (call === undefined || call.cancel_requested_at !== null) return false;
  // The leg has been put back already, and the database's word for it was lost: what the call does now is none of its business.
  if (!(await isUnderWay(tx, call, leg))) return true;
  if (call.status !== 'dialing' && call.status !== 'ringing') return false;
  if (leg.cause === 'congestion') return call.trunk_id !== null && putBack(tx, call, call.trunk_id, leg, at);
  if (call.trunk_id !== null && isTrunkFailure(leg)) {
    const tried = [...call.tried_trunks, call.trunk_id];
    if (await hasWay(tx, call, tried)) {
      await requeue(tx, call, { tried_trunks: tried }, leg, at);
      return true;
    }
  }
  return redirect(tx, secrets, call, leg, at);
}

async function isUnderWay(tx: Transaction<Tables>, call: CallRow, { leg }: FailedLeg): Promise<boolean> {
  const attempt = await tx
    .selectFrom('call_attempts')
    .select('leg')
    .where('call_id', '=', call.id)
    .where('leg', '=', leg)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return attempt !== undefined;
}

/** The trunk failed and nobody was reached: another trunk may carry the call. A leg that rang has reached somebody. */
function isTrunkFailure({ cause, sipCode, rang }: FailedLeg): boolean {
  if (rang) return false;
  if (cause === 'unreachable' || cause === 'no_route') return true;
  return cause === 'carrier_error' && sipCode !== undefined && sipCode >= 500 && sipCode < 600;
}

async function hasWay(tx: Transaction<Tables>, call: CallRow, tried: readonly string[]): Promise<boolean> {
  if (tried.length >= MOST_TRUNKS) return false;
  const ways = (await readTrunks(tx)).map((row) => ({ ...toWay(row), free: 0 }));
  return waysFor(ways, { accountId: call.account_id, number: call.dialed_number ?? call.to_number, tried }).length > 0;
}

/**
 * An overloaded trunk is left alone for a while, and gives the call back without spending its attempt (rule 15), but for
 * one that rang: nobody is rung over and over. With another trunk the call need not wait.
 */
async function putBack(
  tx: Transaction<Tables>,
  call: CallRow,
  trunk: string,
  leg: FailedLeg,
  at: Date,
): Promise<boolean> {
  const open = await restTrunk(tx, trunk, leg, at);
  if (leg.rang || call.put_backs >= MOST_PUT_BACKS) return false;
  const tried = [...call.tried_trunks, trunk];
  const hasOther = await hasWay(tx, call, tried);
  // Whoever waits for a code is told soon that no trunk takes the call (rule 16), and asks again.
  const isCode = call.purpose === 'verification';
  if (!hasOther && isCode) return false;
  const due_at = hasOther ? at : open;
  await tx
    .updateTable('calls')
    .set({
      ...QUEUED,
      due_at,
      attempts: call.attempts - 1,
      put_backs: call.put_backs + 1,
      ...(isCode ? { tried_trunks: tried } : {}),
    })
    .where('id', '=', call.id)
    .execute();
  await tx.deleteFrom('call_attempts').where('call_id', '=', call.id).where('attempt', '=', call.attempts).execute();
  return true;
}

/** Leaves an overloaded trunk alone for as long as it asked (rule 15). Gives the time from which it may be dialled again. */
export async function restTrunk(
  tx: Transaction<Tables>,
  trunk: string,
  { retryAfterSeconds }: Pick<FailedLeg, 'retryAfterSeconds'>,
  at: Date,
): Promise<Date> {
  const asked = retryAfterSeconds === undefined ? CONGESTION_WAIT_MS : retryAfterSeconds * 1000;
  const waitMs = Math.min(Math.max(asked, CONGESTION_WAIT_LEAST_MS), CONGESTION_WAIT_MOST_MS);
  const open = new Date(at.getTime() + waitMs);
  await tx
    .updateTable('trunks')
    // It may have asked for longer before.
    .set((eb) => ({ next_dial_at: eb.fn<Date>('greatest', ['next_dial_at', eb.val(open)]) }))
    .where('id', '=', trunk)
    .execute();
  return open;
}

/** Takes on what a redirect names, as far as rules 3 and 12 allow, and goes to the next number that is left to try. */
async function redirect(
  tx: Transaction<Tables>,
  secrets: SecretBox,
  call: CallRow,
  leg: FailedLeg,
  at: Date,
): Promise<boolean> {
  const seen = [...call.redirects_seen];
  const waiting = [...call.redirects_waiting];
  for (const { number } of leg.redirects?.slice(0, REDIRECTS_LOOKED_AT) ?? []) {
    if (seen.length >= MOST_REDIRECTS || number === call.to_number || seen.includes(number)) continue;
    if (!(await mayGoTo(tx, secrets, call, number))) continue;
    seen.push(number);
    waiting.push(number);
  }
  // Whoever declines does not want to be reached elsewhere either (RFC 3261 section 21.6.2).
  const next = leg.cause === 'rejected' || leg.cause === 'engine_failed' ? undefined : waiting.shift();
  if (next === undefined) return false;
  const set = { dialed_number: next, tried_trunks: [], redirects_waiting: waiting, redirects_seen: seen };
  await requeue(tx, call, set, leg, at);
  return true;
}

async function mayGoTo(tx: Transaction<Tables>, secrets: SecretBox, call: CallRow, number: string): Promise<boolean> {
  const who = { accountId: call.account_id, mode: call.mode };
  if (isExtension(number)) {
    const phone = await tx
      .selectFrom('phones')
      .select('id')
      .where('account_id', '=', call.account_id)
      .where('name', '=', number)
      .executeTakeFirst();
    return phone !== undefined;
  }
  if (!isE164(number) || !(await destinationAllowed(tx, { ...who, to: number }))) return false;
  return !(await isSuppressed(tx, secrets, { ...who, address: number, purpose: call.purpose as Purpose }));
}

const QUEUED = { status: 'queued', node_id: null, dialing_at: null, ringing_at: null } as const;

/** The INVITE may have left, so its attempt stays (rule 9); the next one is another. */
async function requeue(
  tx: Transaction<Tables>,
  call: CallRow,
  set: Partial<Pick<CallRow, 'dialed_number' | 'tried_trunks' | 'redirects_waiting' | 'redirects_seen'>>,
  leg: FailedLeg,
  at: Date,
): Promise<void> {
  await tx
    .updateTable('calls')
    .set({ ...QUEUED, ...set })
    .where('id', '=', call.id)
    .execute();
  await tx
    .updateTable('call_attempts')
    .set({ ended_at: at, cause: leg.cause, sip_code: leg.sipCode ?? null, sip_reason: leg.sipReason ?? null })
    .where('call_id', '=', call.id)
    .where('attempt', '=', call.attempts)
    .execute();
}
