import type { ReferralCampaign } from '#core/referral-campaigns/index.js';

/** What an advocate is given once so many purchases of their friends are approved. */
export interface Tier {
  description: string;
  /** The next number that counts, or the last one where none follows. */
  purchases: number;
  /** How many are missing; 0: all of it was given. */
  missing: number;
  /** Whether it is given again after that. */
  repeats: boolean;
}

/**
 * Of incentives that count referrals, the nearest first. `standing`: how often each was given, by its identifier, and not
 * taken back: after a refund the same number is not rewarded again.
 */
export function tiersOf(
  { settings }: Pick<ReferralCampaign, 'settings'>,
  approved: number,
  standing: ReadonlyMap<string, number>,
): Tier[] {
  return settings.incentives
    .flatMap(({ reason, identifier, description, criteria = {} }): Tier[] => {
      const { referralsMin, referralsDivisibleBy, referralsMax } = criteria;
      if (reason !== 'referrer' || (referralsMin ?? referralsDivisibleBy ?? referralsMax) === undefined) return [];
      const step = referralsDivisibleBy ?? 1;
      const before = Math.floor((Math.max(1, referralsMin ?? 1) - 1) / step);
      const most = Math.floor((referralsMax ?? Infinity) / step) - before;
      if (most < 1) return [];
      const passed = Math.max(Math.floor(approved / step) - before, standing.get(identifier) ?? 0, 0);
      const next = Math.min(passed + 1, most);
      const purchases = (before + next) * step;
      return [{ description, purchases, missing: passed < most ? purchases - approved : 0, repeats: next < most }];
    })
    .sort((one, other) => one.purchases - other.purchases);
}
