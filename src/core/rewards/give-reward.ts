import type { Insertable, Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { Incentive, ReferralCampaign } from '#core/referral-campaigns/index.js';
import { meetsCriteria } from '#core/rewards/meets-criteria.js';
import { payReward } from '#core/rewards/pay-reward.js';
import { toReward, withCoupons, type Reward } from '#core/rewards/reward.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { RewardReason, RewardTable, Tables } from '#core/tables.js';

export interface GiveReward {
  campaign: ReferralCampaign;
  incentive: Incentive;
  reason: RewardReason;
  person?: SitePerson | null | undefined;
  visitor?: string | null | undefined;
  offerId?: number | undefined;
  referralId?: number | undefined;
  claimId?: number | undefined;
  originId?: number | undefined;
  /** What it is for, within the site: it is given once for it. */
  once: string;
  /** Written down, and paid later. */
  held?: boolean;
}

/**
 * Gives somebody what an incentive promises, if they meet its criteria: paid, or unpaid until there is a code. Given
 * before: as it is. Undefined: they do not meet them. Wake the deliveries after it.
 */
export async function giveReward(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  give: GiveReward,
): Promise<Reward | undefined> {
  const { incentive, reason, person, referralId, claimId, originId } = give;
  const ground = { incentive, reason, personId: person?.id, referralId, claimId, originId };
  const met = await meetsCriteria(tx, site, ground);
  if (met === undefined) return undefined;
  const row = { ...rewardRow(site, give, new Date(core.clock.now())), ...met };
  const inserted = await tx
    .insertInto('rewards')
    .values(row)
    .onConflict((conflict) => conflict.columns(['site_id', 'once']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (inserted === undefined) return givenBefore(tx, site, row.once);
  const reward = toReward(inserted, null);
  const { campaign, held } = give;
  return held === true ? reward : payReward(tx, core, site, reward, { asks: true, campaign, person });
}

async function givenBefore(tx: Transaction<Tables>, site: Site, once: string): Promise<Reward | undefined> {
  const rows = await tx
    .selectFrom('rewards')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('once', '=', once)
    .execute();
  return (await withCoupons({ db: tx }, site, rows))[0];
}

function rewardRow(site: Site, give: GiveReward, at: Date): Insertable<RewardTable> {
  const { campaign, incentive, reason, person, visitor, offerId, referralId, claimId, originId } = give;
  return {
    site_id: site.id,
    campaign_id: campaign.id,
    offer_id: offerId ?? null,
    referral_id: referralId ?? null,
    claim_id: claimId ?? null,
    origin_id: originId ?? null,
    person_id: person?.id ?? null,
    visitor: visitor ?? null,
    reason,
    once: onceFor(give),
    status: 'unpaid',
    incentive: incentive.identifier,
    kind: incentive.kind,
    amount: incentive.amount ?? null,
    percentage: incentive.percentage ?? null,
    description: incentive.description,
    custom_description: incentive.customDescription ?? null,
    coupon_list_id: incentive.couponListId ?? null,
    created_at: at,
  };
}

/** Once at all for somebody, where the incentive is so; else once for what it is given for. */
function onceFor({ campaign, incentive, person, once }: GiveReward): string {
  return (person ? onceAtAll(campaign.id, incentive, person.id) : undefined) ?? once;
}

/** What an incentive is given for that is given once to somebody, whatever for; undefined: it is not. */
export function onceAtAll(
  campaignId: number,
  { identifier, criteria }: Incentive,
  personId: number,
): string | undefined {
  return criteria?.uniqueness === 'person' ? `${campaignId}:${identifier}:person:${personId}` : undefined;
}
