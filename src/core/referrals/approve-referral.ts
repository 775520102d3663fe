import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { collectForReferral } from '#core/loyalty/index.js';
import type { Incentive } from '#core/referral-campaigns/index.js';
import { toReferral, type Referral } from '#core/referrals/referral.js';
import { sceneOf, tellOfReferral, type ReferralScene } from '#core/referrals/tell-of-referral.js';
import { adoptFriendReward, friendOnce, giveReward, payUnpaid, type Reward } from '#core/rewards/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { isAwaited } from '#core/webhooks/index.js';

/**
 * Approves a locked referral, and gives both sides what they were promised: at once, or as soon as the shop has heard of
 * it, where it wants to hear. Wake the deliveries after it.
 */
export async function approveReferral(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings' | 'dialects'>,
  site: Site,
  { id }: Pick<Referral, 'id'>,
  decidedBy: string,
): Promise<Referral> {
  const at = new Date(core.clock.now());
  const row = await tx
    .updateTable('referrals')
    .set({ status: 'approved', decided_by: decidedBy, decides_at: null, updated_at: at })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const referral = toReferral(row);
  const scene = await sceneOf(tx, site, referral);
  const rewards: Reward[] = [];
  for (const incentive of scene.campaign.settings.incentives) {
    const reward = await rewardFor(tx, core, site, referral, scene, incentive);
    if (reward !== undefined) rewards.push(reward);
  }
  const told = { referral, scene, rewards };
  await tellOfReferral(tx, core, site, 'referral.status_changed', told);
  const event = await tellOfReferral(tx, core, site, 'referral.approved', told);
  const awaitsEvent = (await isAwaited(tx, core, event)) ? event.id : null;
  if (awaitsEvent === null) await payUnpaid(tx, core, site, id);
  else await tx.updateTable('referrals').set({ awaits_event: awaitsEvent }).where('id', '=', id).execute();
  // The member's row is locked after those of coupons, as everywhere.
  await collectForReferral(tx, core, site, scene.advocate, id);
  return { ...referral, awaitsEvent };
}

/** Written down and not paid yet, but what a friend has already. */
async function rewardFor(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  referral: Referral,
  { campaign, offer, advocate, friend, origin }: ReferralScene,
  incentive: Incentive,
): Promise<Reward | undefined> {
  const { reason, kind, identifier, criteria } = incentive;
  if (reason !== 'referrer' && reason !== 'referred') return undefined;
  const person = reason === 'referrer' ? advocate : friend;
  const claimId = referral.claimId ?? undefined;
  const comer = { offer, claimId, visitor: origin.visitor, person };
  const isFriendsCoupon = reason === 'referred' && kind === 'discount_coupon';
  if (isFriendsCoupon) {
    const { had, reward } = await adoptFriendReward(tx, site, comer, incentive, referral.id);
    if (had) return reward;
  }
  // Nobody is left to give it to.
  if (person.anonymizedAt !== null) return undefined;
  const once = isFriendsCoupon
    ? friendOnce(comer, incentive)
    : criteria?.uniqueness === 'friend'
      ? `${campaign.id}:${identifier}:friend:${advocate.id}:${friend.id}`
      : `referral:${referral.id}:${identifier}`;
  const reward = await giveReward(tx, core, site, {
    ...{ campaign, incentive, reason, person, once, held: true },
    ...{ offerId: offer.id, referralId: referral.id, originId: origin.id, claimId },
  });
  // What was given for another one is not given again for this.
  return reward?.referralId === referral.id ? reward : undefined;
}
