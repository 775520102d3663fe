import type { ReferralCampaign } from '#core/referral-campaigns/index.js';

/** What an advocate is given once so many of their friends bought. */
export interface Tier {
  description: string;
  /** Friends; of one that is given again and again, the next number that counts. */
  friends: number;
  repeats: boolean;
  /** Friends who are missing; 0: it is reached. */
  missing: number;
}

/** Of incentives that count referrals, the nearest first. */
export function tiersOf({ settings }: Pick<ReferralCampaign, 'settings'>, approved: number): Tier[] {
  return settings.incentives
    .flatMap(({ reason, description, criteria = {} }): Tier[] => {
      const { referralsMin, referralsDivisibleBy: step, referralsMax } = criteria;
      if (reason !== 'referrer' || (referralsMin ?? step) === undefined) return [];
      const least = Math.max(1, referralsMin ?? 1);
      if (step === undefined) {
        return [{ description, friends: least, repeats: false, missing: Math.max(0, least - approved) }];
      }
      const next = Math.ceil(Math.max(least, approved + 1) / step) * step;
      if (referralsMax !== undefined && next > referralsMax) {
        const last = Math.floor(referralsMax / step) * step;
        return last < least ? [] : [{ description, friends: last, repeats: false, missing: 0 }];
      }
      return [{ description, friends: next, repeats: true, missing: next - approved }];
    })
    .sort((one, other) => one.friends - other.friends);
}
