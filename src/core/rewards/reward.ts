import type { Selectable } from 'kysely';
import type { Core } from '#core/core.js';
import { couponFacts, couponsById, type Coupon } from '#core/coupons/index.js';
import type { Site } from '#core/sites/index.js';
import type { RewardKind, RewardReason, RewardStatus, RewardTable } from '#core/tables.js';

/** What somebody was promised and is given. */
export interface Reward {
  id: number;
  siteId: string;
  campaignId: number;
  offerId: number | null;
  referralId: number | null;
  claimId: number | null;
  originId: number | null;
  personId: number | null;
  visitor: string | null;
  reason: RewardReason;
  /** `unpaid`: it waits for a code, or for the shop to hear of it. */
  status: RewardStatus;
  /** The incentive's identifier within its campaign. */
  incentive: string;
  kind: RewardKind;
  /** Minor units, or hundredths of a per cent. */
  amount: number | null;
  percentage: number | null;
  description: string | null;
  customDescription: string | null;
  couponListId: number | null;
  coupon: Coupon | null;
  /** Why it was not given, or taken back. */
  voidReason: string | null;
  createdAt: Date;
  paidAt: Date | null;
  voidedAt: Date | null;
}

export function toReward(row: Selectable<RewardTable>, coupon: Coupon | null): Reward {
  return {
    id: row.id,
    siteId: row.site_id,
    campaignId: row.campaign_id,
    offerId: row.offer_id,
    referralId: row.referral_id,
    claimId: row.claim_id,
    originId: row.origin_id,
    personId: row.person_id,
    visitor: row.visitor,
    reason: row.reason,
    status: row.status,
    incentive: row.incentive,
    kind: row.kind,
    amount: row.amount,
    percentage: row.percentage,
    description: row.description,
    customDescription: row.custom_description,
    couponListId: row.coupon_list_id,
    coupon,
    voidReason: row.void_reason,
    createdAt: row.created_at,
    paidAt: row.paid_at,
    voidedAt: row.voided_at,
  };
}

/** The rewards of these rows, each with its coupon. */
export async function withCoupons(
  core: Pick<Core, 'db'>,
  site: Site,
  rows: readonly Selectable<RewardTable>[],
): Promise<Reward[]> {
  const ids = rows.flatMap(({ coupon_id }) => (coupon_id === null ? [] : [coupon_id]));
  const coupons = await couponsById(core, site, ids);
  return rows.map((row) => toReward(row, coupons.get(row.coupon_id ?? 0) ?? null));
}

/** In plain data, for events. */
export function rewardFacts(reward: Reward): Record<string, unknown> {
  const { coupon } = reward;
  const facts = { ...reward, siteId: undefined, coupon: coupon === null ? null : couponFacts(coupon) };
  return JSON.parse(JSON.stringify(facts)) as Record<string, unknown>;
}
