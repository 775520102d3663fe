import { sql, type Selectable, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { voidCoupon } from '#core/coupons/index.js';
import type { Site } from '#core/sites/index.js';
import type { RewardTable, Tables } from '#core/tables.js';

export interface TakenBack {
  voided: number;
  /** Whose coupon was used already. */
  kept: number;
}

/**
 * Takes back what was given for a referral: what is unpaid, and what was not used. The code of a coupon is dead then.
 * `incentives`: of these alone.
 */
export async function takeBackRewards(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  { referralId, incentives, reason }: { referralId: number; incentives?: readonly string[]; reason: string },
): Promise<TakenBack> {
  const at = new Date(core.clock.now());
  const rows = await tx
    .selectFrom('rewards')
    .selectAll()
    .where('referral_id', '=', referralId)
    .where('site_id', '=', site.id)
    .where('status', '<>', 'voided')
    .orderBy('id')
    .forUpdate()
    .execute();
  const taken: TakenBack = { voided: 0, kept: 0 };
  for (const row of rows) {
    if (incentives !== undefined && !incentives.includes(row.incentive)) continue;
    if (await isUsed(tx, site, row, at)) {
      taken.kept++;
      const kept = `${reason}; the coupon was used already and is kept`;
      await tx.updateTable('rewards').set({ void_reason: kept }).where('id', '=', row.id).execute();
    } else {
      taken.voided++;
      // Somebody who may be given it once can be given it again for something else.
      await sql`
        update rewards set status = 'voided', void_reason = ${reason}, voided_at = ${at},
          once = case when once like 'referral:%' or once like 'friend:%' then once else once || ':voided:' || id end
        where id = ${row.id}`.execute(tx);
    }
  }
  return taken;
}

/** Kills the coupon, if there is one that can be. */
async function isUsed(
  tx: Transaction<Tables>,
  site: Site,
  { coupon_id: couponId, coupon_shared: shared }: Selectable<RewardTable>,
  at: Date,
): Promise<boolean> {
  if (couponId === null || shared) return false;
  return !(await voidCoupon(tx, site, couponId, at));
}
