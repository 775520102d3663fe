import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { findWallet } from '#core/billing/find-wallet.js';

/** What should have been paid before it was used. */
export interface Debt {
  /** Minor units. */
  owed: number;
  since: Date;
}

/** Enough to find the oldest of them: what is not metered may come to millions, and is no debt. */
const MOST_ENTRIES = 10_000;
const DAY_MS = 86_400_000;

/**
 * Undefined: nothing is owed, or the account is not metered, so that nothing is due. Money that comes in pays the oldest
 * first, so what is owed is the newest.
 * @throws CoreError `account.not_found`
 */
export async function findDebt(core: Pick<Core, 'db'>, accountId: string): Promise<Debt | undefined> {
  const { metering, owed } = await findWallet(core, accountId);
  if (metering === 'off' || owed === 0) return undefined;
  const { rows } = await sql<{ created_at: Date }>`
    select created_at from (
      select created_at, sequence, amount, sum(amount) over (order by sequence desc) as sum from (
        select created_at, sequence, amount from ledger_entries
        where account_id = ${accountId} and kind = 'postpaid' and amount > 0
        order by sequence desc limit ${MOST_ENTRIES}
      ) as newest
    ) as summed
    where sum - amount < ${owed} order by sequence limit 1`.execute(core.db);
  const since = rows[0]?.created_at;
  return since === undefined ? undefined : { owed, since };
}

/** Whole days. */
export function daysSince(since: Date, now: number): number {
  return Math.floor((now - since.getTime()) / DAY_MS);
}
