import type { Core } from '#core/core.js';
import { takeCoupon, type Coupon } from '#core/coupons/index.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { findMemberInCampaign } from '#core/loyalty/find-member.js';
import { findRedemptionBatch } from '#core/loyalty/redemption-batches.js';
import { lockMember, writeAction, type Acted } from '#core/loyalty/write-action.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

export interface RedeemPoints {
  email: string;
  batchId: number;
  trafficSource: string;
}

/**
 * Points for a code, both or neither: of two at once for which there are points once, one is refused.
 * @throws CoreError `loyalty_member.not_found`, `loyalty_member.not_active`, `loyalty.no_campaign`,
 * `loyalty.not_enough_points`, `redemption_batch.not_found`, `redemption_batch.empty`
 */
export async function redeemPoints(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  site: Site,
  { email, batchId, trafficSource }: RedeemPoints,
): Promise<Acted & { person: SitePerson; coupon: Coupon }> {
  const found = await findMemberInCampaign(core, site, email);
  const batch = await findRedemptionBatch(core, found.campaign, batchId);
  const { pointsCost } = batch;
  if (found.member.points < pointsCost) throw notEnough();
  const done = await inTransaction(core.db, async (tx) => {
    // The code before the member, as everywhere; where there are too few points after all, it goes back.
    const coupon = await takeCoupon(tx, core, site, { listId: batch.listId, personId: found.person.id });
    if (coupon === undefined) {
      const message = 'No coupons are left for this redemption batch';
      throw new CoreError('redemption_batch.empty', message, { field: 'batchId' });
    }
    const member = await lockMember(tx, found.member.id);
    if (member.points < pointsCost) throw notEnough();
    const acted = await writeAction(
      tx,
      site,
      { ...found, member },
      {
        ...{ kind: 'redeem', points: -pointsCost, couponId: coupon.id },
        details: { trafficSource, batch: { id: batch.id, description: batch.description } },
      },
      new Date(core.clock.now()),
    );
    // It is done as often as it is asked for.
    if (acted === undefined) throw new Error('a redemption was not written');
    return { ...acted, person: found.person, coupon };
  });
  core.wake.deliveries();
  return done;
}

function notEnough(): CoreError {
  return new CoreError('loyalty.not_enough_points', 'not enough points', { field: 'batchId' });
}
