import { sql, type Selectable } from 'kysely';
import type { Core } from '#core/core.js';
import { withCoupons, type Reward } from '#core/rewards/reward.js';
import type { Site } from '#core/sites/index.js';
import type { RewardStatus, RewardTable } from '#core/tables.js';

/** The latest that are listed. */
export const MOST_REWARDS = 500;

/** What somebody was given, the latest first. */
export async function rewardsOfPerson(core: Pick<Core, 'db'>, site: Site, personId: number): Promise<Reward[]> {
  const rows = await core.db
    .selectFrom('rewards')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('person_id', '=', personId)
    .orderBy('id', 'desc')
    .limit(MOST_REWARDS)
    .execute();
  return withCoupons(core, site, rows);
}

/** What was given in a browser, or to whoever is known to use it; the latest first. */
export async function rewardsOfVisitor(
  core: Pick<Core, 'db'>,
  site: Site,
  visitor: string,
  statuses: readonly RewardStatus[],
): Promise<Reward[]> {
  const { rows } = await sql<Selectable<RewardTable>>`
    select * from (
      (select * from rewards where site_id = ${site.id} and visitor = ${visitor}::uuid and status = any(${statuses})
        order by id desc limit ${MOST_REWARDS})
      union
      (select rewards.* from offer_claims claim
        join rewards on rewards.site_id = claim.site_id and rewards.visitor = claim.visitor
        where claim.site_id = ${site.id} and claim.shop_visitor = ${visitor}::uuid and rewards.status = any(${statuses})
        order by rewards.id desc limit ${MOST_REWARDS})
      union
      (select rewards.* from visitors join rewards on rewards.person_id = visitors.person_id
        where visitors.site_id = ${site.id} and visitors.uuid = ${visitor}::uuid and rewards.site_id = ${site.id}
          and rewards.status = any(${statuses})
        order by rewards.id desc limit ${MOST_REWARDS})
    ) as given order by id desc limit ${MOST_REWARDS}`.execute(core.db);
  return withCoupons(core, site, rows);
}

export async function rewardsOfReferrals(
  core: Pick<Core, 'db'>,
  site: Site,
  ids: readonly number[],
): Promise<Reward[]> {
  if (ids.length === 0) return [];
  const rows = await core.db
    .selectFrom('rewards')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('referral_id', 'in', ids)
    .orderBy('id')
    .execute();
  return withCoupons(core, site, rows);
}

/** The latest that this coupon was given for. */
export async function rewardOfCoupon(
  core: Pick<Core, 'db'>,
  site: Site,
  couponId: number,
): Promise<Reward | undefined> {
  const rows = await core.db
    .selectFrom('rewards')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('coupon_id', '=', couponId)
    .where('coupon_shared', '=', false)
    .limit(1)
    .execute();
  return (await withCoupons(core, site, rows))[0];
}
