import { CAMPAIGN_LIMITS as LIMITS } from '#core/referral-campaigns/campaign-limits.js';
import type { Problems } from '#core/referral-campaigns/campaign-problems.js';
import { CATEGORY_RULE, isCategory } from '#core/origins/index.js';
import { promisedOtherwise, worthInWords, type Worth } from '#core/referral-campaigns/promised-worth.js';
import type { Incentive, IncentiveCriteria } from '#core/referral-campaigns/referral-campaign.js';
import { MOST_MINOR_UNITS } from '#core/sites/index.js';

const IDENTIFIER = /^[a-z][a-z0-9_]{0,49}$/;

/** What incentives must be true to. */
export interface Promising {
  /** What the coupon lists of the site are worth, by their ids. */
  lists: ReadonlyMap<number, Worth>;
  currency: string;
  /** Whether anybody is promised anything now, or will be. */
  promises: boolean;
}

export function checkIncentives(problems: Problems, incentives: readonly Incentive[], promising: Promising): void {
  problems.count('incentives', incentives, LIMITS.incentives);
  problems.unique(
    'incentives',
    incentives.map(({ identifier }) => identifier),
  );
  for (const [index, incentive] of incentives.entries()) {
    checkIncentive(problems, `incentives[${index}]`, incentive, promising);
  }
}

function checkIncentive(problems: Problems, at: string, incentive: Incentive, promising: Promising): void {
  const { identifier, reason, kind, amount, percentage } = incentive;
  if (!IDENTIFIER.test(identifier)) {
    problems.add(`${at}.identifier`, 'is 1 to 50 lower-case letters, digits and underscores, with a letter first');
  }
  problems.whole(`${at}.amount`, amount, 0, MOST_MINOR_UNITS);
  problems.whole(`${at}.percentage`, percentage, 0, 10_000);
  if (amount !== undefined && percentage !== undefined) {
    problems.add(`${at}.percentage`, 'stands in place of an amount, not beside it');
  }
  problems.line(`${at}.description`, incentive.description, LIMITS.description);
  problems.text(`${at}.custom_description`, incentive.customDescription, LIMITS.description);
  if (reason === 'click' && kind !== 'discount_coupon') {
    problems.add(`${at}.type`, 'is discount_coupon where somebody only comes: who they are is not known yet');
  }
  checkList(problems, at, incentive, promising);
  if (incentive.criteria === undefined) return;
  checkCriteria(problems, `${at}.criteria`, incentive.criteria);
  const isOfApproval = reason === 'referrer' || (reason === 'referred' && kind !== 'discount_coupon');
  if (!isOfApproval) refuseCounts(problems, `${at}.criteria`, incentive.criteria);
  if (incentive.criteria.newOptIn === true && (reason === 'signup' || reason === 'shared')) {
    problems.add(`${at}.criteria.new_opt_in`, 'goes only with what friends do, and what is given for them');
  }
}

function checkList(
  problems: Problems,
  at: string,
  incentive: Incentive,
  { lists, currency, promises }: Promising,
): void {
  const { kind, couponListId } = incentive;
  if (kind !== 'discount_coupon') {
    if (couponListId !== undefined) problems.add(`${at}.coupon_list`, `does not go with a ${kind}`);
    return;
  }
  if (couponListId === undefined) return problems.add(`${at}.coupon_list`, 'is missing: a coupon comes from a list');
  const worth = lists.get(couponListId);
  if (worth === undefined) return problems.add(`${at}.coupon_list`, 'is no coupon list of the site');
  const other = promises ? promisedOtherwise(incentive, worth) : undefined;
  if (other === undefined) return;
  problems.add(`${at}.${other}`, `is not what its coupons are worth, which is ${worthInWords(worth, currency)}`);
}

/** Before a referral is approved there is none that could be counted. */
function refuseCounts(problems: Problems, at: string, criteria: IncentiveCriteria): void {
  for (const [field, count] of [
    ['referrals_min', criteria.referralsMin],
    ['referrals_max', criteria.referralsMax],
    ['referrals_divisible_by', criteria.referralsDivisibleBy],
  ] as const) {
    if (count !== undefined) problems.add(`${at}.${field}`, 'goes only with what is given once a referral is approved');
  }
}

function checkCriteria(problems: Problems, at: string, criteria: IncentiveCriteria): void {
  problems.whole(`${at}.subtotal_min`, criteria.subtotalMin, 0, MOST_MINOR_UNITS);
  problems.whole(`${at}.subtotal_max`, criteria.subtotalMax, 0, MOST_MINOR_UNITS);
  problems.ordered(`${at}.subtotal_max`, criteria.subtotalMin, criteria.subtotalMax);
  problems.whole(`${at}.referrals_min`, criteria.referralsMin, 0, LIMITS.referrals);
  problems.whole(`${at}.referrals_max`, criteria.referralsMax, 0, LIMITS.referrals);
  problems.ordered(`${at}.referrals_max`, criteria.referralsMin, criteria.referralsMax);
  problems.whole(`${at}.referrals_divisible_by`, criteria.referralsDivisibleBy, 1, LIMITS.referrals);
  const { friendEventCategory } = criteria;
  if (friendEventCategory !== undefined && !isCategory(friendEventCategory)) {
    problems.add(`${at}.friend_event_category`, CATEGORY_RULE);
  }
}
