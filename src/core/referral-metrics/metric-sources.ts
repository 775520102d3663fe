import { sql, type RawBuilder } from 'kysely';
import type { ReferralStatus } from '#core/tables.js';

/** What a source can be narrowed by. */
export type MetricDimension = 'campaign' | 'channel' | 'trafficSource';

/** Rows that are counted: `at`, `value`, and a column for each of its dimensions. */
export interface MetricSource {
  rows: (siteId: string) => RawBuilder<unknown>;
  dimensions: readonly MetricDimension[];
  /** What becomes of their values. */
  of: 'sum' | 'distinct';
}

const ALL = ['campaign', 'channel', 'trafficSource'] as const;
const OF_OFFER = ['campaign', 'trafficSource'] as const;
const OF_ORIGIN = ['trafficSource'] as const;

export const offers: MetricSource = {
  rows: (site) =>
    sql`select created_at as at, 1 as value, campaign_id, traffic_source from offers where site_id = ${site}`,
  dimensions: OF_OFFER,
  of: 'sum',
};

export const advocates: MetricSource = {
  rows: (site) =>
    sql`select created_at as at, person_id as value, campaign_id, traffic_source from offers where site_id = ${site}`,
  dimensions: OF_OFFER,
  of: 'distinct',
};

export const shares: MetricSource = {
  rows: (site) => sql`
    select share.created_at as at, 1 as value, campaign_id, channel, traffic_source
    from shares as share join offers on offers.id = offer_id where share.site_id = ${site}`,
  dimensions: ALL,
  of: 'sum',
};

export const claims: MetricSource = {
  rows: (site) => sql`
    select claim.created_at as at, 1 as value, campaign_id, channel, traffic_source
    from offer_claims as claim join offers on offers.id = offer_id where claim.site_id = ${site}`,
  dimensions: ALL,
  of: 'sum',
};

/** By who they are once they said so, else by their browser. */
export const friends: MetricSource = {
  rows: (site) => sql`
    select claim.created_at as at, coalesce(claim.person_id::text, claim.visitor::text) as value,
      campaign_id, channel, traffic_source
    from offer_claims as claim join offers on offers.id = offer_id where claim.site_id = ${site}`,
  dimensions: ALL,
  of: 'distinct',
};

export const visitors: MetricSource = {
  rows: (site) => sql`select created_at as at, 1 as value from visitors where site_id = ${site}`,
  dimensions: [],
  of: 'sum',
};

export const origins: MetricSource = {
  rows: (site) => sql`select created_at as at, 1 as value, traffic_source from origins where site_id = ${site}`,
  dimensions: OF_ORIGIN,
  of: 'sum',
};

export const originsOf = (kind: 'purchase' | 'event'): MetricSource => ({
  rows: (site) => sql`
    select created_at as at, 1 as value, traffic_source from origins where site_id = ${site} and kind = ${kind}`,
  dimensions: OF_ORIGIN,
  of: 'sum',
});

/** Minor units, without what was refunded. */
export const revenue: MetricSource = {
  rows: (site) => sql`
    select created_at as at, coalesce(subtotal, 0) - coalesce(refunded, 0) as value, traffic_source
    from origins where site_id = ${site} and kind = 'purchase'`,
  dimensions: OF_ORIGIN,
  of: 'sum',
};

/** By when they came to be, as they stand now. */
export const referralsOf = (...statuses: ReferralStatus[]): MetricSource => ({
  rows: (site) => sql`
    select referral.created_at as at, 1 as value, referral.campaign_id, referral.channel, offers.traffic_source
    from referrals as referral join offers on offers.id = referral.offer_id
    where referral.site_id = ${site} and referral.status = any(${statuses})`,
  dimensions: ALL,
  of: 'sum',
});

/** Minor units of approved referrals, without what was refunded. */
export const referredRevenue: MetricSource = {
  rows: (site) => sql`
    select referral.created_at as at, coalesce(subtotal, 0) - coalesce(refunded, 0) as value,
      referral.campaign_id, referral.channel, offers.traffic_source
    from referrals as referral
    join offers on offers.id = referral.offer_id join origins on origins.id = referral.origin_id
    where referral.site_id = ${site} and referral.status = 'approved'`,
  dimensions: ALL,
  of: 'sum',
};

export const rewards: MetricSource = {
  rows: (site) => sql`
    select created_at as at, 1 as value, campaign_id from rewards where site_id = ${site} and status = 'paid'`,
  dimensions: ['campaign'],
  of: 'sum',
};

export const couponsAt = (moment: 'issued_at' | 'used_at'): MetricSource => ({
  rows: (site) =>
    sql`select ${sql.ref(moment)} as at, 1 as value from coupons where site_id = ${site} and ${sql.ref(moment)} is not null`,
  dimensions: [],
  of: 'sum',
});

export const loyaltyMembers: MetricSource = {
  rows: (site) => sql`select created_at as at, 1 as value, campaign_id from loyalty_members where site_id = ${site}`,
  dimensions: ['campaign'],
  of: 'sum',
};

/** Of members by the campaign by which they joined. */
export const pointsOf = (kind: 'collect' | 'redeem'): MetricSource => ({
  rows: (site) => sql`
    select action.created_at as at, abs(points) as value, campaign_id
    from loyalty_actions as action join loyalty_members as member on member.id = member_id
    where member.site_id = ${site} and kind = ${kind}`,
  dimensions: ['campaign'],
  of: 'sum',
});
