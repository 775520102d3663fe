import { CAMPAIGN_LIMITS as LIMITS } from '#core/referral-campaigns/campaign-limits.js';
import type { Problems } from '#core/referral-campaigns/campaign-problems.js';
import { isEventCategory } from '#core/origins/index.js';
import type { RedemptionBatch } from '#core/referral-campaigns/redemption-batches.js';
import type { LoyaltyRules, ReferralCampaign } from '#core/referral-campaigns/referral-campaign.js';

/** `purchase`, `referral`, or a word of the shop's own. */
const WORD = /^[a-z][a-z0-9_]{0,49}$/;

/** `lists`: the coupon lists of the site, by their ids. */
export function checkLoyalty(
  problems: Problems,
  { kind, settings: { loyalty } }: Pick<ReferralCampaign, 'kind' | 'settings'>,
  batches: readonly RedemptionBatch[],
  lists: ReadonlyMap<number, unknown>,
): void {
  if (kind !== 'loyalty') {
    if (loyalty !== undefined) problems.add('loyalty', 'is only of a campaign of type loyalty');
    return;
  }
  if (loyalty === undefined) problems.add('loyalty', 'is missing: it says what points are given for');
  else checkRules(problems, loyalty);
  problems.count('loyalty.redemption_batches', batches, LIMITS.batches);
  problems.unique(
    'loyalty.redemption_batches',
    batches.map(({ description }) => description),
  );
  for (const [index, batch] of batches.entries()) {
    const at = `loyalty.redemption_batches[${index}]`;
    if (!lists.has(batch.couponListId)) problems.add(`${at}.coupon_list`, 'is no coupon list of the site');
    problems.line(`${at}.description`, batch.description, LIMITS.description);
    problems.whole(`${at}.points_cost`, batch.pointsCost, 1, LIMITS.points);
    if (loyalty !== undefined && batch.pointsCost > loyalty.mostPoints) {
      problems.add(`${at}.points_cost`, 'is more than most_points, and nobody has more than those');
    }
  }
}

function checkRules(problems: Problems, { mostPoints, actions }: LoyaltyRules): void {
  problems.whole('loyalty.most_points', mostPoints, 1, LIMITS.points);
  problems.count('loyalty.actions', actions, LIMITS.actions);
  problems.unique(
    'loyalty.actions',
    actions.map(({ identifier }) => identifier),
  );
  for (const [index, action] of actions.entries()) {
    const at = `loyalty.actions[${index}]`;
    if (!WORD.test(action.identifier) && !isEventCategory(action.identifier)) {
      problems.add(`${at}.identifier`, 'is purchase, referral, event:CATEGORY, or a word of lower-case letters');
    }
    problems.line(`${at}.name`, action.name, LIMITS.name);
    problems.text(`${at}.description`, action.description, LIMITS.description, 0);
    problems.whole(`${at}.points`, action.points, 0, LIMITS.points);
    const { identifier, points, pointsPerUnit = 0 } = action;
    problems.whole(`${at}.points_per_unit`, pointsPerUnit, 0, LIMITS.pointsPerUnit);
    if (pointsPerUnit > 0 && identifier !== 'purchase' && !isEventCategory(identifier)) {
      problems.add(`${at}.points_per_unit`, 'goes only with purchase and event:CATEGORY: nothing else has an amount');
    }
    if (points === 0 && pointsPerUnit === 0) problems.add(`${at}.points`, 'is none, and so is points_per_unit');
  }
}
