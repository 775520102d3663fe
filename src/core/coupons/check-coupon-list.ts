import { CoreError } from '#core/errors.js';
import { toCouponPrefix } from '#core/coupons/coupon-code.js';
import type { CouponList } from '#core/coupons/coupon-list.js';
import { isOneLine, MOST_MINOR_UNITS } from '#core/sites/index.js';
import { snakeCase } from '#core/snake-case.js';

/** The most that there is of anything in a list; of texts, characters. */
export const COUPON_LIST_LIMITS = {
  name: 100,
  description: 500,
  usages: 1_000_000_000,
  days: 3650,
  refillBelow: 1_000_000,
} as const;
const LIMITS = COUPON_LIST_LIMITS;

/** What a list is to be. */
export type SaveCouponList = Omit<CouponList, 'id' | 'siteId' | 'refillAskedAt' | 'createdAt' | 'updatedAt'>;

/**
 * The same, as it is kept.
 * @throws CoreError `coupon_list.bad_input`
 */
export function checkCouponList(list: SaveCouponList): SaveCouponList {
  requireText('name', list.name, LIMITS.name);
  if (!isOneLine(list.name)) throw bad('name', 'A name is one line.');
  if (list.description !== null) requireText('description', list.description, LIMITS.description);
  if ((list.amount === null) === (list.percentage === null)) {
    throw bad('amount', 'Coupons are worth an amount or a percentage: one of the two.');
  }
  requireWhole('amount', list.amount, 0, MOST_MINOR_UNITS);
  requireWhole('percentage', list.percentage, 0, 10_000);
  if (list.singleUse && list.usageLimit !== null) {
    throw bad('usageLimit', 'A limit of uses goes with a code that is for many.');
  }
  requireWhole('usageLimit', list.usageLimit, 1, LIMITS.usages);
  requireWhole('validDays', list.validDays, 1, LIMITS.days);
  if (!list.singleUse && list.validDays !== null) {
    throw bad('validDays', '`valid_days` goes with codes that are for one person each.');
  }
  requireWhole('refillBelow', list.refillBelow, 1, LIMITS.refillBelow);
  if (list.prefix === null) return list;
  if (list.refillBelow !== null) {
    throw bad('refillBelow', 'A list with a prefix makes its own codes, and never asks for more.');
  }
  const prefix = toCouponPrefix(list.prefix);
  if (prefix === undefined) {
    throw bad('prefix', 'A prefix has 1 to 20 letters, digits and - _ / . % : * + @ & #, and no spaces.');
  }
  return { ...list, prefix };
}

function requireText(field: string, text: string, most: number): void {
  if (text.trim() !== '' && text.length <= most && !text.includes('\0')) return;
  throw bad(field, `A ${field} has 1 to ${most} characters.`);
}

function requireWhole(field: string, value: number | null, least: number, most: number): void {
  if (value === null || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  throw bad(field, `\`${snakeCase(field)}\` of a coupon list is from ${least} to ${most}.`);
}

export function bad(field: string, message: string): CoreError {
  return new CoreError('coupon_list.bad_input', message, { field });
}
