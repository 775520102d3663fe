import type { Core } from '#core/core.js';
import { isOver, isUsedUp, type Coupon } from '#core/coupons/index.js';
import type { Reward } from '#core/rewards/reward.js';
import type { Site } from '#core/sites/index.js';

/** What stands against somebody's use of a coupon; all false: they may. */
export interface CouponChecks {
  unissued: boolean;
  /** Or it was taken back. */
  expired: boolean;
  friendOfferExpired: boolean;
  differentOwner: boolean;
  used: boolean;
}

/** `reward`: the one that it was given for, if any. `personId` undefined: nobody whom the site knows. */
export async function couponChecks(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  coupon: Coupon,
  reward: Reward | undefined,
  personId: number | undefined,
): Promise<CouponChecks> {
  const at = new Date(core.clock.now());
  const claim =
    reward === undefined || reward.claimId === null
      ? undefined
      : await core.db
          .selectFrom('offer_claims')
          .select('expires_at')
          .where('site_id', '=', site.id)
          .where('id', '=', reward.claimId)
          .executeTakeFirst();
  const friendEnd = claim?.expires_at ?? null;
  return {
    unissued: coupon.singleUse && coupon.issuedAt === null,
    expired: isOver(coupon, at),
    friendOfferExpired: friendEnd !== null && friendEnd <= at,
    differentOwner: coupon.personId !== null && coupon.personId !== personId,
    used: isUsedUp(coupon),
  };
}
