import { sql, type Selectable } from 'kysely';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { payReward } from '#core/rewards/pay-reward.js';
import { toReward } from '#core/rewards/reward.js';
import type { RewardTable } from '#core/tables.js';

/** Asked for in one turn; those beyond them are by the next. */
const AT_A_TURN = 200;

interface Unasked {
  id: number;
  siteId: string;
}

/**
 * Asks for codes for rewards that wait and could be asked for by nobody yet: no endpoint heard of it then, or their list was
 * over or made its own codes. Gives how many.
 */
export async function askForWaiting(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'knownSites' | 'wake' | 'log'>,
): Promise<number> {
  const waiting = await unasked(core);
  for (const { id, siteId } of waiting) {
    const site = await core.knownSites.withId(siteId);
    if (site === undefined) continue;
    try {
      await inTransaction(core.db, async (tx) => {
        const { rows } = await sql<Selectable<RewardTable>>`
          select * from rewards where id = ${id} and status = 'unpaid' and asked_at is null
          for update skip locked`.execute(tx);
        for (const row of rows) await payReward(tx, core, site, toReward(row, null), { asks: true });
      });
    } catch (error) {
      // It holds up no other.
      core.log.error({ error: String(error), reward: id }, 'a code for a reward that waits could not be asked for');
    }
  }
  if (waiting.length > 0) core.wake.deliveries();
  return waiting.length;
}

/** Of sites that hear of it, and of lists that codes can be put into. */
async function unasked({ db, clock }: Pick<Core, 'db' | 'clock'>): Promise<Unasked[]> {
  const { rows } = await sql<Unasked>`
    select waiting.id, list.site_id as "siteId"
    from (
      select distinct site_id from webhook_endpoints
      where site_id is not null and enabled and 'coupons.wanted' = any(event_types)
    ) as hearing
    join coupon_lists list on list.site_id = hearing.site_id and list.prefix is null
      and (list.expires_at is null or list.expires_at > ${new Date(clock.now())})
    cross join lateral (
      select id from rewards where coupon_list_id = list.id and status = 'unpaid' and coupon_list_id is not null
        and asked_at is null and not exists (
          select from referrals where referrals.id = rewards.referral_id and referrals.awaits_event is not null
        )
      order by id limit ${AT_A_TURN}
    ) as waiting
    order by waiting.id limit ${AT_A_TURN}`.execute(db);
  return rows;
}
