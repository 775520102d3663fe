import { sql, type Transaction } from 'kysely';
import { countryCode, isE164 } from '#core/address.js';
import { destinationAllowed, isPremium, type VerificationRow } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { checkStage, ownNumbers } from '#core/numbers/index.js';
import type { SecretBox } from '#core/secret-box.js';
import { isSuppressed } from '#core/suppression/index.js';
import { hashCode, isCode, newCode, TEST_CODE } from '#core/verifications/code.js';
import { checkCaps } from '#core/verifications/destination-caps.js';
import { checkSpend, checkUnverifiedRatio } from '#core/verifications/fraud-guards.js';
import { canPay, queueCodeCall, queueCodeText } from '#core/verifications/queue-code.js';
import { readPolicy, type VerificationPolicy } from '#core/verifications/policy.js';
import { replaceLive } from '#core/verifications/replace-live.js';
import { noFunds, refuseTestNumber } from '#core/verifications/test-numbers.js';
import { toVerification, type Verification, type VerificationOwner } from '#core/verifications/verification.js';
import type { Tables } from '#core/tables.js';

export interface RequestVerification extends VerificationOwner {
  /** E.164. */
  to: string;
  /** Digits; taken down to what the policy allows. */
  codeLength?: number | undefined;
  /** BCP 47. Default: English. */
  language?: string | undefined;
  /** A code of the client's own, who checks it too. */
  code?: string | undefined;
  channel?: 'voice' | 'sms' | undefined;
  /** It proves that the number is the account's: not held back by its stage. */
  provesNumber?: boolean | undefined;
  /** In which door's words the call's events would be delivered. */
  dialect: string;
}

const DEFAULT_LANGUAGE = 'en-US';

/**
 * Makes a code and queues the call that speaks it, or the text that brings it, in one transaction that holds the number's lock: caps are exact over
 * all processes, and only the newest code of a number is good.
 * @throws CoreError `verification.*`, `call.destination_not_allowed`, `call.recipient_suppressed`, `number.not_verified`
 */
export async function requestVerification(
  core: Pick<Core, 'db' | 'clock' | 'speech' | 'secrets' | 'wake' | 'hangUp' | 'noticeSpendCap' | 'disk'>,
  input: RequestVerification,
): Promise<Verification> {
  core.disk.requireRoom();
  checkInput(input);
  refuseTestNumber(input.mode, input.to);
  const { row, hangUp } = await inTransaction(core.db, async (tx) => {
    const { policy, ceiling } = await readPolicy(tx, input.accountId);
    await lockFor(tx, input, policy);
    // Not before: of those who waited for the lock, the last is the newest.
    const now = new Date(core.clock.now());
    const from = await findSender(tx, input, policy);
    await checkRecipient(tx, core.secrets, input, policy);
    if (input.provesNumber !== true) await checkStage(tx, input);
    if (input.mode === 'live') {
      const { accountId, to } = input;
      await checkCaps(tx, { accountId, to, now, policy, ceiling });
      await checkUnverifiedRatio(tx, { accountId, country: countryCode(to), now, policy });
    }
    const replaced = await replaceLive(tx, input, now);
    const made = await write(core, tx, input, { policy, from, now });
    if (!(await canPay(tx, made))) throw noFunds();
    if (input.mode === 'live') {
      const { accountId } = input;
      await checkSpend(tx, { accountId, now, policy, onReached: () => core.noticeSpendCap(accountId) });
    }
    return { row: made, hangUp: replaced };
  });
  for (const callId of hangUp) core.hangUp(callId);
  if (input.channel === 'sms') core.wake.messages();
  else core.wake.calls();
  if (hangUp.length > 0) core.wake.deliveries();
  return toVerification(row, core.clock.now());
}

function bad(field: string, message: string): CoreError {
  return new CoreError('verification.bad_input', message, { field });
}

function checkInput({ to, code, language, codeLength }: RequestVerification): void {
  if (!isE164(to)) throw bad('to', 'Not an E.164 number: + and 7 to 15 digits, for example +12125550100.');
  if (code !== undefined && !isCode(code)) throw bad('code', 'A code has 4 to 10 digits.');
  if (code !== undefined && codeLength !== undefined)
    throw bad('codeLength', 'A code of your own has its length already.');
  if (language !== undefined && !isLanguage(language)) throw bad('language', 'Not a language tag such as en or pt-BR.');
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/**
 * One after the other for each number, over all accounts and processes; and for each account whose spending is capped,
 * so that two codes cannot both take the last of it.
 */
async function lockFor(
  tx: Transaction<Tables>,
  { accountId, mode, to }: RequestVerification,
  { spendPerDay }: VerificationPolicy,
): Promise<void> {
  const lock = (name: string) => sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx);
  if (mode === 'live' && spendPerDay !== undefined) await lock(`verification spend ${accountId}`);
  await lock(`verification ${mode} ${to}`);
}

async function findSender(
  tx: Transaction<Tables>,
  { accountId, mode }: RequestVerification,
  policy: VerificationPolicy,
): Promise<string> {
  const own = await ownNumbers(tx, { accountId, mode });
  // A policy holds for both modes, and its number may be owned in one of them only.
  const chosen = own.find((number) => number === policy.from) ?? own[0];
  if (chosen === undefined) {
    throw new CoreError(
      'verification.not_placed',
      `The account has no ${mode} number to call from: "sidetone numbers add NUMBER --mode ${mode}" adds one.`,
    );
  }
  return chosen;
}

async function checkRecipient(
  tx: Transaction<Tables>,
  secrets: Pick<SecretBox, 'derive'>,
  { accountId, mode, to }: RequestVerification,
  { allowedPrefixes }: VerificationPolicy,
): Promise<void> {
  const inPrefixes = allowedPrefixes.length === 0 || allowedPrefixes.some((prefix) => to.startsWith(prefix));
  if (isPremium(to) || !inPrefixes || !(await destinationAllowed(tx, { accountId, mode, to }))) {
    throw new CoreError(
      'call.destination_not_allowed',
      inPrefixes
        ? `Calls to ${to} are not allowed: allowed are the countries of the account's own numbers, without premium rates.`
        : `Codes for ${to} are not allowed: they go to numbers that begin with ${allowedPrefixes.join(' or ')}.`,
      { field: 'to' },
    );
  }
  if (await isSuppressed(tx, secrets, { accountId, mode, address: to, purpose: 'verification' })) {
    throw new CoreError('call.recipient_suppressed', `${to} is blocked for everything from this account.`, {
      field: 'to',
    });
  }
}

async function write(
  core: Pick<Core, 'clock' | 'speech' | 'secrets'>,
  tx: Transaction<Tables>,
  input: RequestVerification,
  { policy, from, now }: { policy: VerificationPolicy; from: string; now: Date },
): Promise<VerificationRow> {
  const { accountId, mode, to } = input;
  const id = newId(mode === 'live' ? 'otp' : 'otp_test', now.getTime());
  const length = Math.min(input.codeLength ?? policy.codeLength, policy.codeLength);
  const code = input.code ?? (mode === 'test' ? TEST_CODE : newCode(length));
  const asked = { ...input, id, language: input.language ?? DEFAULT_LANGUAGE, code, from, now };
  const way =
    input.channel === 'sms' ? await queueCodeText(tx, asked, policy) : await queueCodeCall(core, tx, asked, policy);
  return tx
    .insertInto('verifications')
    .values({
      id,
      account_id: accountId,
      mode,
      to_number: to,
      country: countryCode(to),
      channel: input.channel ?? 'voice',
      status: 'pending',
      client_supplied: input.code !== undefined,
      proves_number: input.provesNumber ?? false,
      code_hash: hashCode(core, id, code),
      code_encrypted: core.secrets.seal(code),
      language: asked.language,
      language_used: way.language,
      attempts_left: policy.attempts,
      call_id: way.callId,
      message_id: way.messageId,
      reason: null,
      created_at: now,
      expires_at: new Date(now.getTime() + policy.expirySeconds * 1000),
      delivered_at: null,
      verified_at: null,
      ended_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}
