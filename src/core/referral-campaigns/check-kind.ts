import type { Problems } from '#core/referral-campaigns/campaign-problems.js';
import { makesOffers, type ReferralCampaign } from '#core/referral-campaigns/referral-campaign.js';
import { snakeCase } from '#core/snake-case.js';

/** What is of offers, and of the friends who come by them. */
const OF_OFFERS = [
  'landingUrl',
  'originMinAge',
  'originMaxAge',
  'audience',
  'flagged',
  'advocateDeadlineDays',
  'friendDeadlineDays',
  'friendOfferHours',
  'fraud',
] as const;

/** What a campaign of its kind could never use, and what it shows nothing without. */
export function checkKind(problems: Problems, { kind, settings }: Pick<ReferralCampaign, 'kind' | 'settings'>): void {
  const { incentives, emailGating } = settings;
  if (!makesOffers(kind)) {
    const given: string[] = OF_OFFERS.filter((name) => settings[name] !== undefined);
    if (emailGating) given.push('emailGating');
    if (incentives.length > 0) given.push('incentives');
    for (const name of given) problems.add(snakeCase(name), `does not go with the type ${kind}, which makes no offers`);
  }
  const counts = incentives.some(
    ({ reason, criteria = {} }) =>
      reason === 'referrer' && (criteria.referralsMin ?? criteria.referralsDivisibleBy) !== undefined,
  );
  if (kind === 'tiered_rewards' && !counts) {
    problems.add(
      'incentives',
      'has none for a referrer with referrals_min or referrals_divisible_by: there are no tiers',
    );
  }
}
