import * as sources from '#core/referral-metrics/metric-sources.js';
import type { MetricSource } from '#core/referral-metrics/metric-sources.js';
import { REFERRAL_STATUSES } from '#core/referral-words.js';

export type MetricResultType = 'number' | 'percent' | 'money';

/** A number, or one number for each of another. */
export interface Metric {
  result: MetricResultType;
  of: MetricSource;
  per?: MetricSource;
}

const count = (of: MetricSource): Metric => ({ result: 'number', of });
const money = (of: MetricSource, per?: MetricSource): Metric => ({
  result: 'money',
  of,
  ...(per === undefined ? {} : { per }),
});
const rate = (of: MetricSource, per: MetricSource): Metric => ({ result: 'percent', of, per });

const approved = sources.referralsOf('approved');
const purchases = sources.originsOf('purchase');

/** All that there are. */
export const METRICS: Readonly<Record<string, Metric>> = {
  offers: count(sources.offers),
  advocates: count(sources.advocates),
  shares: count(sources.shares),
  clicks: count(sources.claims),
  friends: count(sources.friends),
  visitors: count(sources.visitors),
  origins: count(sources.origins),
  purchases: count(purchases),
  events: count(sources.originsOf('event')),
  referrals: count(sources.referralsOf(...REFERRAL_STATUSES)),
  approved_referrals: count(approved),
  pending_referrals: count(sources.referralsOf('pending')),
  flagged_referrals: count(sources.referralsOf('flagged')),
  voided_referrals: count(sources.referralsOf('voided')),
  blocked_referrals: count(sources.referralsOf('blocked')),
  revenue: money(sources.revenue),
  referred_revenue: money(sources.referredRevenue),
  average_order_value: money(sources.revenue, purchases),
  referred_average_order_value: money(sources.referredRevenue, approved),
  shares_per_offer: rate(sources.shares, sources.offers),
  clicks_per_share: rate(sources.claims, sources.shares),
  conversion_rate: rate(approved, sources.claims),
  rewards: count(sources.rewards),
  coupons_issued: count(sources.couponsAt('issued_at')),
  coupons_used: count(sources.couponsAt('used_at')),
  loyalty_members: count(sources.loyaltyMembers),
  points_collected: count(sources.pointsOf('collect')),
  points_redeemed: count(sources.pointsOf('redeem')),
};
