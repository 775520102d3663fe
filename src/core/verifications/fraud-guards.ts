import { sql, type Transaction } from 'kysely';
import { spentSince } from '#core/billing/index.js';
import { rateLimited } from '#core/verifications/destination-caps.js';
import type { VerificationPolicy } from '#core/verifications/policy.js';
import type { Tables } from '#core/tables.js';

const DAY_MS = 86_400_000;
/** The latest codes tell enough, and looking at more would make every request of a busy account slower. */
const MOST_LOOKED_AT = 1000;
const RETRY_AFTER_S = 3600;

/**
 * Stops pumping: somebody who lets codes go to numbers that earn by being called never uses them. Judged per country
 * on the latest codes of 24 hours that can no longer be used, or were.
 * @throws CoreError `verification.rate_limited`
 */
export async function checkUnverifiedRatio(
  tx: Transaction<Tables>,
  input: { accountId: string; country: string; now: Date; policy: VerificationPolicy },
): Promise<void> {
  const { accountId, country, now, policy } = input;
  if (policy.maxUnverifiedRatio >= 1) return;
  const { rows } = await sql<{ codes: number; unused: number }>`
    select count(*)::int as codes, (count(*) filter (where status <> 'verified'))::int as unused
    from (
      select status from verifications
      where account_id = ${accountId} and country = ${country} and mode = 'live' and counted and not client_supplied
        and created_at > ${new Date(now.getTime() - DAY_MS)}
        and (status in ('verified', 'failed', 'expired', 'locked') or expires_at <= ${now})
      order by created_at desc
      limit ${Math.max(MOST_LOOKED_AT, policy.minSamples)}
    ) as latest`.execute(tx);
  const { codes, unused } = rows[0] ?? { codes: 0, unused: 0 };
  if (codes < policy.minSamples || unused / codes <= policy.maxUnverifiedRatio) return;
  throw rateLimited(
    `Of the last ${codes} codes for numbers of +${country} ${unused} were never used; no more are sent there for now.`,
    RETRY_AFTER_S,
  );
}

/**
 * What codes cost within 24 hours, with the one whose price was just put aside. The caller holds the account's lock.
 * @throws CoreError `verification.rate_limited`
 */
export async function checkSpend(
  tx: Transaction<Tables>,
  input: { accountId: string; now: Date; policy: VerificationPolicy; onReached: () => void },
): Promise<void> {
  const { accountId, now, policy, onReached } = input;
  if (policy.spendPerDay === undefined) return;
  const since = new Date(now.getTime() - DAY_MS);
  const spent = await spentSince(tx, { accountId, since, unit: 'voice_otp_call' });
  if (spent + (await spentOnTexts(tx, accountId, since)) <= policy.spendPerDay) return;
  onReached();
  throw rateLimited('Codes have cost as much as the account allows for 24 hours.', RETRY_AFTER_S);
}

/** What texts with codes have cost since then, and what is held for them; minor units. */
async function spentOnTexts(tx: Transaction<Tables>, accountId: string, since: Date): Promise<number> {
  const { rows } = await sql<{ spent: number }>`
    select coalesce(-sum(e.amount), 0)::bigint as spent
    from ledger_entries e
    where e.account_id = ${accountId} and e.created_at >= ${since} and e.kind in ('hold', 'charge', 'release')
      and e.unit = 'sms_segment' and exists (select from verifications v where v.message_id = e.reference)`.execute(tx);
  return rows[0]?.spent ?? 0;
}
