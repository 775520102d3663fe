/** The words that rows of referrals know; everything else that lists them takes them from here. */
export const CAMPAIGN_KINDS = [
  'invite',
  'advocate_dashboard',
  'reward_gleam',
  'leaderboard',
  'tiered_rewards',
  'claim_by_name',
  'loyalty',
] as const;
export const CAMPAIGN_STATUSES = ['live', 'test', 'disabled'] as const;
export const ORIGIN_KINDS = ['affiliate_member', 'purchase', 'event'] as const;
export const REFERRAL_STATUSES = ['pending', 'flagged', 'approved', 'voided', 'blocked'] as const;
export const REWARD_STATUSES = ['unpaid', 'paid', 'voided'] as const;
export const REWARD_REASONS = ['signup', 'shared', 'click', 'referrer', 'referred'] as const;
export const REWARD_KINDS = ['rebate', 'discount_coupon', 'other'] as const;
