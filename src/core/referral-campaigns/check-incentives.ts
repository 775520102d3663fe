import { CAMPAIGN_LIMITS as LIMITS } from '#core/referral-campaigns/campaign-limits.js';
import type { Problems } from '#core/referral-campaigns/campaign-problems.js';
import { CATEGORY_RULE, isCategory } from '#core/origins/index.js';
import { promisedOtherwise, worthInWords, type Worth } from '#core/referral-campaigns/promised-worth.js';
import {
  isForFriend,
  type Incentive,
  type IncentiveCriteria,
  type ReferralCampaignSettings,
} from '#core/referral-campaigns/referral-campaign.js';
import { MOST_MINOR_UNITS } from '#core/sites/index.js';
import { snakeCase } from '#core/snake-case.js';

const IDENTIFIER = /^[a-z][a-z0-9_]{0,49}$/;

/** What incentives must be true to. */
export interface Promising {
  /** What the coupon lists of the site are worth, by their ids. */
  lists: ReadonlyMap<number, Worth>;
  currency: string;
  /** Whether anybody is promised anything now, or will be. */
  promises: boolean;
}

export function checkIncentives(
  problems: Problems,
  { incentives, convertsBy }: Pick<ReferralCampaignSettings, 'incentives' | 'convertsBy'>,
  promising: Promising,
): void {
  problems.count('incentives', incentives, LIMITS.incentives);
  problems.unique(
    'incentives',
    incentives.map(({ identifier }) => identifier),
  );
  for (const [index, incentive] of incentives.entries()) {
    const at = `incentives[${index}]`;
    checkIncentive(problems, at, incentive, promising);
    checkCriteria(problems, `${at}.criteria`, incentive, convertsBy);
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

/** What is no number or category at all, and what never holds. */
function checkCriteria(
  problems: Problems,
  at: string,
  { reason, kind, criteria }: Incentive,
  convertsBy: readonly string[],
): void {
  if (criteria === undefined) return;
  problems.whole(`${at}.subtotal_min`, criteria.subtotalMin, 0, MOST_MINOR_UNITS);
  problems.whole(`${at}.subtotal_max`, criteria.subtotalMax, 0, MOST_MINOR_UNITS);
  problems.ordered(`${at}.subtotal_max`, criteria.subtotalMin, criteria.subtotalMax);
  const { friendEventCategory: category } = criteria;
  if (category !== undefined && !isCategory(category)) problems.add(`${at}.friend_event_category`, CATEGORY_RULE);
  else if (category !== undefined && ofReferral(reason) && !convertsBy.includes(`event:${category}`)) {
    problems.add(`${at}.friend_event_category`, `is of no referral: converts_by has no event:${category}`);
  }
  checkCounts(problems, at, criteria);
  // Before a referral is approved there is none that could be counted.
  if (!ofReferral(reason) || (reason === 'referred' && kind === 'discount_coupon')) {
    refuse(problems, at, criteria, COUNTS, 'goes only with what is given once a referral is approved');
  }
  if (!ofReferral(reason) && !isForFriend(reason)) {
    refuse(problems, at, criteria, OF_FRIENDS, 'goes only with what friends do, and what is given for them');
  }
  if (reason === 'shared')
    refuse(problems, at, criteria, SUBTOTALS, 'does not go with sharing: nothing is bought by it');
}

function checkCounts(problems: Problems, at: string, criteria: IncentiveCriteria): void {
  const { referralsMin: least, referralsMax: most, referralsDivisibleBy: step } = criteria;
  problems.whole(`${at}.referrals_min`, least, 0, LIMITS.referrals);
  problems.whole(`${at}.referrals_max`, most, 1, LIMITS.referrals);
  problems.ordered(`${at}.referrals_max`, least, most);
  problems.whole(`${at}.referrals_divisible_by`, step, 1, LIMITS.referrals);
  if (most === undefined || step === undefined) return;
  const from = Math.max(1, least ?? 1);
  if (Math.floor(most / step) * step >= from) return;
  problems.add(`${at}.referrals_divisible_by`, `divides no number from ${from} to ${most}`);
}

const COUNTS = ['referralsMin', 'referralsMax', 'referralsDivisibleBy'] as const;
const SUBTOTALS = ['subtotalMin', 'subtotalMax'] as const;
const OF_FRIENDS = ['newCustomer', 'newOptIn', 'friendEventCategory'] as const;

function ofReferral(reason: Incentive['reason']): boolean {
  return reason === 'referrer' || reason === 'referred';
}

function refuse(
  problems: Problems,
  at: string,
  criteria: IncentiveCriteria,
  fields: readonly (keyof IncentiveCriteria)[],
  message: string,
): void {
  for (const field of fields) {
    if (criteria[field] !== undefined && criteria[field] !== false) problems.add(`${at}.${snakeCase(field)}`, message);
  }
}
