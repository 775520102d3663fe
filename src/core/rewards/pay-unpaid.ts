import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { payReward } from '#core/rewards/pay-reward.js';
import { withCoupons } from '#core/rewards/reward.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** Pays what was written down for a referral and is not paid. Wake the deliveries after it. */
export async function payUnpaid(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  referralId: number,
): Promise<void> {
  const rows = await tx
    .selectFrom('rewards')
    .selectAll()
    .where('referral_id', '=', referralId)
    .where('site_id', '=', site.id)
    .where('status', '=', 'unpaid')
    .orderBy('id')
    .forUpdate()
    .execute();
  for (const reward of await withCoupons({ db: tx }, site, rows)) {
    await payReward(tx, core, site, reward, { asks: true });
  }
}
