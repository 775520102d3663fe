import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { askForCodes, findCouponList, takeCoupon } from '#core/coupons/index.js';
import { offerFacts, toOffer } from '#core/offers/index.js';
import { originFacts, toOrigin } from '#core/origins/index.js';
import { campaignFacts, findReferralCampaign, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { rewardFacts, type Reward } from '#core/rewards/reward.js';
import { personById, personFacts, type SitePerson } from '#core/site-people/index.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { isHeard, publishEvent } from '#core/webhooks/index.js';

/** What was read of a reward's surroundings already. */
interface Known {
  campaign?: ReferralCampaign;
  person?: SitePerson | null | undefined;
}

/**
 * Gives what an unpaid reward promises. Without a code that could be given it stays unpaid, and the shop is asked for
 * one, unless that was done before. Wake the deliveries after it.
 */
export async function payReward(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  reward: Reward,
  { asks, ...known }: { asks: boolean } & Known,
): Promise<Reward> {
  const at = new Date(core.clock.now());
  const listId = reward.kind === 'discount_coupon' ? reward.couponListId : null;
  const coupon = listId === null ? undefined : await takeCoupon(tx, core, site, { listId, personId: reward.personId });
  if (listId !== null && coupon === undefined) {
    if (asks) await askOnce(tx, site, reward, known, listId, at);
    return reward;
  }
  // Where the incentive said nothing, it is what its code is worth now: lists change.
  const saysNothing = reward.amount === null && reward.percentage === null;
  const { amount, percentage } = saysNothing && coupon !== undefined ? coupon : reward;
  await tx
    .updateTable('rewards')
    .set({
      ...{ status: 'paid', paid_at: at, amount, percentage },
      ...(coupon === undefined ? {} : { coupon_id: coupon.id, coupon_shared: !coupon.singleUse }),
    })
    .where('id', '=', reward.id)
    .execute();
  const paid: Reward = { ...reward, status: 'paid', paidAt: at, amount, percentage, coupon: coupon ?? null };
  await publishEvent(tx, {
    ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'reward.given', at },
    subject: String(paid.id),
    data: { ...siteFacts(site), reward: rewardFacts(paid), ...(await surroundings(tx, core, site, paid, known)) },
  });
  return paid;
}

/**
 * What waits since a friend came asked then, and not again once it is part of a referral. Where nobody hears of it, nothing is
 * asked yet.
 */
async function askOnce(
  tx: Transaction<Tables>,
  site: Site,
  { id, personId }: Reward,
  known: Known,
  listId: number,
  at: Date,
): Promise<void> {
  const waiting = await tx
    .selectFrom('rewards')
    .select('id')
    .where('id', '=', id)
    .where('asked_at', 'is', null)
    .executeTakeFirst();
  if (waiting === undefined || !(await isHeard(tx, site, 'coupons.wanted'))) return;
  const list = await findCouponList(tx, site, listId);
  const person = await personOf(tx, site, personId, known);
  const asked = await askForCodes(tx, site, list, { wanted: 1, neededNow: true, person }, at);
  if (asked) await tx.updateTable('rewards').set({ asked_at: at }).where('id', '=', id).execute();
}

/** What a reward is about, for those who are told of it. */
async function surroundings(
  tx: Transaction<Tables>,
  core: Pick<Core, 'settings'>,
  site: Site,
  { campaignId, offerId, originId, personId }: Reward,
  known: Known,
): Promise<Record<'campaign' | 'offer' | 'origin' | 'person', unknown>> {
  const offer =
    offerId === null
      ? undefined
      : await tx.selectFrom('offers').selectAll().where('id', '=', offerId).executeTakeFirst();
  const origin =
    originId === null
      ? undefined
      : await tx.selectFrom('origins').selectAll().where('id', '=', originId).executeTakeFirst();
  return {
    campaign: campaignFacts(known.campaign ?? (await findReferralCampaign({ db: tx }, site, campaignId))),
    offer: offer === undefined ? null : offerFacts(core, toOffer(offer)),
    origin: origin === undefined ? null : originFacts(toOrigin(origin)),
    person: await personOf(tx, site, personId, known),
  };
}

async function personOf(
  tx: Transaction<Tables>,
  site: Site,
  personId: number | null,
  { person }: Known,
): Promise<Record<string, unknown> | null> {
  return personId === null ? null : personFacts(person ?? (await personById({ db: tx }, site, personId)));
}
