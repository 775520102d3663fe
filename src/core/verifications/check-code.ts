import type { Transaction } from 'kysely';
import { deliverVerification, recordVerificationEvent, type VerificationRow } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { recordProof } from '#core/numbers/index.js';
import type { Tables } from '#core/tables.js';
import { isCode, isSameCode, TEST_CODE } from '#core/verifications/code.js';
import { fateOfCheck } from '#core/verifications/test-numbers.js';
import type { VerificationOwner } from '#core/verifications/verification.js';

export interface CheckCode extends VerificationOwner {
  code?: string | undefined;
  /** Of the verification; else the latest one for `to`. */
  id?: string | undefined;
  to?: string | undefined;
  /** Only one that was asked for to prove a number. */
  provesNumber?: boolean | undefined;
}

export interface CheckedCode {
  id: string | undefined;
  status: 'verified' | 'mismatch' | 'expired' | 'locked' | 'not_found' | 'already_verified';
  attemptsLeft: number;
}

/**
 * Compares a code with the one that was spoken, under the row's lock: tries are counted exactly, however many come at
 * once. A wrong code is an answer and no error.
 * @throws CoreError `verification.bad_input`, `verification.not_verifiable`
 */
export async function checkCode(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'wake'>,
  input: CheckCode,
): Promise<CheckedCode> {
  const { code, id, to } = input;
  if (code === undefined || (id === undefined && to === undefined)) {
    throw new CoreError('verification.bad_input', 'code and one of id or to are required');
  }
  if (!isCode(code)) throw new CoreError('verification.bad_input', 'A code has 4 to 10 digits.', { field: 'code' });
  const at = new Date(core.clock.now());
  const checked = await inTransaction(core.db, async (tx): Promise<CheckedCode> => {
    const row = await findLocked(tx, input);
    if (row === undefined) return { id: undefined, status: 'not_found', attemptsLeft: 0 };
    if (row.client_supplied) {
      throw new CoreError('verification.not_verifiable', 'This code was your own: you know whether it is right.');
    }
    const status = await check(core, tx, row, code, at);
    const attemptsLeft = row.attempts_left - (status === 'mismatch' || status === 'exhausted' ? 1 : 0);
    return { id: row.id, status: status === 'exhausted' ? 'locked' : status, attemptsLeft };
  });
  core.wake.deliveries();
  return checked;
}

async function findLocked(tx: Transaction<Tables>, input: CheckCode): Promise<VerificationRow | undefined> {
  let query = tx
    .selectFrom('verifications')
    .selectAll()
    .where('account_id', '=', input.accountId)
    .where('mode', '=', input.mode);
  if (input.provesNumber === true) query = query.where('proves_number', '=', true);
  if (input.id !== undefined) query = query.where('id', '=', input.id);
  else
    query = query
      .where('to_number', '=', input.to ?? '')
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1);
  return query.forUpdate().executeTakeFirst();
}

/** `exhausted`: this was the last wrong try. */
async function check(
  core: Pick<Core, 'secrets'>,
  tx: Transaction<Tables>,
  row: VerificationRow,
  code: string,
  at: Date,
): Promise<Exclude<CheckedCode['status'], 'not_found'> | 'exhausted'> {
  if (row.status === 'verified') return 'already_verified';
  const fate = row.mode === 'test' ? fateOfCheck(row.to_number) : 'fails';
  if (fate === undefined && code === TEST_CODE) return accept(tx, row, at);
  if (fate === 'expired' || fate === 'locked') return fate;
  if (isOver(row, at)) {
    await expire(tx, row, at);
    return 'expired';
  }
  if (row.status === 'locked') return 'locked';
  // Everybody knows the test code: for a number that fails it is right only once it was heard there.
  if (row.mode === 'test' && row.delivered_at === null) return refuse(tx, row, at);
  if (isSameCode(core, row.id, code, row.code_hash)) return accept(tx, row, at);
  return refuse(tx, row, at);
}

function isOver(row: VerificationRow, at: Date): boolean {
  return row.status === 'expired' || row.status === 'failed' || row.expires_at <= at;
}

/** One whose call still goes on is ended by the sweep, which hangs up too. */
async function expire(tx: Transaction<Tables>, row: VerificationRow, at: Date): Promise<void> {
  if (row.status !== 'delivered') return;
  await tx.updateTable('verifications').set({ status: 'expired', ended_at: at }).where('id', '=', row.id).execute();
}

async function accept(tx: Transaction<Tables>, row: VerificationRow, at: Date): Promise<'verified'> {
  // Whoever knows a live code has heard it, also when the reading is not over; the test code proves nothing.
  if (row.mode === 'live') await deliverVerification(tx, row, at);
  const verified = await tx
    .updateTable('verifications')
    .set({ status: 'verified', verified_at: at, ended_at: at })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordVerificationEvent(tx, verified, 'verification.checked', at, { verified: true });
  if (row.proves_number) {
    const { account_id: accountId, mode, to_number: number, id: verificationId } = row;
    await recordProof(tx, { accountId, mode, number, verificationId, at });
  }
  return 'verified';
}

async function refuse(tx: Transaction<Tables>, row: VerificationRow, at: Date): Promise<'mismatch' | 'exhausted'> {
  const left = row.attempts_left - 1;
  const refused = await tx
    .updateTable('verifications')
    .set({ attempts_left: left, ...(left === 0 ? { status: 'locked', ended_at: row.delivered_at && at } : {}) })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordVerificationEvent(tx, refused, 'verification.checked', at, { verified: false });
  return left === 0 ? 'exhausted' : 'mismatch';
}
