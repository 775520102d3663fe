import { sql } from 'kysely';
import { releaseFunds } from '#core/billing/use-funds.js';
import type { Core } from '#core/core.js';

/** Nothing that is neither a call nor a verification takes so long. */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * Gives back what was held for work that a process did not live to finish. Calls, texts and verifications are not
 * looked at: they are ended by whoever finds them without a process. Returns for how many things.
 */
export async function releaseAbandoned(core: Pick<Core, 'db' | 'clock'>): Promise<number> {
  const at = new Date(core.clock.now());
  const { rows } = await sql<{ account_id: string; reference: string }>`
    select e.account_id, e.reference
    from wallets w join ledger_entries e using (account_id)
    where w.held > 0 and e.kind = 'hold' and e.part = 0 and e.reference is not null
      and e.created_at < ${new Date(at.getTime() - ABANDONED_AFTER_MS)}
      and not exists (select from ledger_entries r
        where r.account_id = e.account_id and r.reference = e.reference and r.kind = 'release')
      and not exists (select from calls c where c.id = e.reference)
      and not exists (select from messages m where m.id = e.reference)
      and not exists (select from verifications v where v.id = e.reference)`.execute(core.db);
  for (const { account_id: accountId, reference } of rows) {
    await core.db.transaction().execute((tx) => releaseFunds(tx, { accountId, mode: 'live', reference, at }));
  }
  return rows.length;
}
