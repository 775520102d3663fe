import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { noticeTrouble, noticeTroubleOver } from '#core/trouble/index.js';
import { dialectsAwaiting } from '#core/webhooks/index.js';

interface Held {
  id: string;
  account_id: string;
  slug: string;
  /** Whether rewards wait, while nothing is on its way any more that could let them go. */
  waits: boolean;
}

/**
 * Tells the owners of a shop, once, that rewards of it wait for a webhook whose tries are over, and once that none do any
 * more. Of test mode nobody is told.
 */
export async function tellOfHeld(core: Pick<Core, 'db' | 'clock' | 'dialects' | 'wake'>): Promise<void> {
  const dialects = dialectsAwaiting(core, 'referral.approved');
  const { rows } = await sql<Held>`
    with held as (
      select distinct site_id as id from referrals
      where awaits_event is not null
        and exists (select from rewards where referral_id = referrals.id and status = 'unpaid')
        and not exists (
          select from deliveries where event_id = awaits_event and status <> 'failed' and dialect = any(${dialects})
        )
    ), known as (select subject as id from troubles where kind = 'rewards_held')
    select site.id, site.account_id, site.slug, held.id is not null as waits
    from held full join known using (id) join sites site using (id)
    where site.mode = 'live' and (held.id is null or known.id is null)`.execute(core.db);
  const at = new Date(core.clock.now());
  for (const { id: subject, account_id: accountId, slug: name, waits } of rows) {
    const trouble = { kind: 'rewards_held' as const, subject, accountId, name };
    await inTransaction(core.db, async (tx) => {
      if (!waits) return noticeTroubleOver(tx, { ...trouble, detail: 'Nothing waits for the referral webhook.' }, at);
      const detail =
        'The referral webhook could not be delivered, and rewards wait for it. Mend its receiver, then send it again: ' +
        '"sidetone webhooks replay". Rewards are also paid by hand, and where the endpoint is removed.';
      return noticeTrouble(tx, { ...trouble, detail }, at);
    });
  }
  if (rows.length === 0) return;
  core.wake.deliveries();
  core.wake.emails();
}
