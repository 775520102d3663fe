import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { askForCodes, findCouponList, takeCoupon } from '#core/coupons/index.js';
import { rewardFacts, type Reward } from '#core/rewards/reward.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/**
 * Gives what an unpaid reward promises. Without a code that could be given it stays unpaid, and the shop is asked for
 * one, unless that was done before. Wake the deliveries after it.
 */
export async function payReward(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  reward: Reward,
  { asks }: { asks: boolean },
): Promise<Reward> {
  const at = new Date(core.clock.now());
  const listId = reward.kind === 'discount_coupon' ? reward.couponListId : null;
  const coupon = listId === null ? undefined : await takeCoupon(tx, core, site, { listId, personId: reward.personId });
  if (listId !== null && coupon === undefined) {
    if (asks) {
      const list = await findCouponList(tx, site, listId);
      await askForCodes(tx, site, list, { wanted: 1, neededNow: true, person: await personOf(tx, reward) }, at);
    }
    return reward;
  }
  await tx
    .updateTable('rewards')
    .set({
      ...{ status: 'paid', paid_at: at },
      ...(coupon === undefined ? {} : { coupon_id: coupon.id, coupon_shared: !coupon.singleUse }),
    })
    .where('id', '=', reward.id)
    .execute();
  const paid: Reward = { ...reward, status: 'paid', paidAt: at, coupon: coupon ?? null };
  await publishEvent(tx, {
    ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'reward.given', at },
    subject: String(paid.id),
    data: { site: site.slug, reward: rewardFacts(paid), person: await personOf(tx, paid) },
  });
  return paid;
}

async function personOf(tx: Transaction<Tables>, { personId }: Reward): Promise<Record<string, unknown> | null> {
  if (personId === null) return null;
  const row = await tx
    .selectFrom('site_people')
    .select(['id', 'email', 'phone'])
    .where('id', '=', personId)
    .executeTakeFirst();
  return row ?? null;
}
