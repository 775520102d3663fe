import { MOST_CODES_AT_ONCE, type CouponList, type SaveCouponList } from '#core/coupons/index.js';
import type { Fault } from '#core/errors.js';
import { throwFaults } from '#core/faults.js';
import {
  boolean,
  list,
  moment,
  needed,
  number,
  object,
  optional,
  otherwise,
  string,
  whole,
} from '#core/site-documents/json-shape.js';
import { present, readMoney, readPercentage } from '#core/site-documents/worth.js';
import { fromMinorUnits } from '#core/sites/index.js';

/** Amounts as people write them: `amount` in whole units of the currency, `percentage` in per cent. */
export const couponListShape = object({
  name: needed(string),
  amount: optional(number),
  percentage: optional(number),
  description: optional(string),
  singleUse: otherwise(boolean, true),
  usageLimit: optional(whole),
  expiresAt: optional(moment),
  validDays: optional(whole),
  prefix: optional(string),
  refillBelow: optional(whole),
  codes: optional(list(string, MOST_CODES_AT_ONCE)),
});
export type CouponListDocument = ReturnType<typeof couponListShape>;

/** @throws CoreError `coupon_list.bad_input`: amounts that are finer than there are */
export function toSaveCouponList(document: CouponListDocument, currency: string): SaveCouponList {
  const { name, amount, percentage, description, singleUse, usageLimit, expiresAt, validDays, prefix, refillBelow } =
    document;
  const faults: Fault[] = [];
  const list = {
    ...{ name, singleUse, description: description ?? null, prefix: prefix ?? null },
    amount: amount === undefined ? null : readMoney(amount, currency, 'amount', faults),
    percentage: percentage === undefined ? null : readPercentage(percentage, 'percentage', faults),
    usageLimit: usageLimit ?? null,
    expiresAt: expiresAt ?? null,
    validDays: validDays ?? null,
    refillBelow: refillBelow ?? null,
  };
  throwFaults(faults, 'coupon_list.bad_input');
  return list;
}

/** As it could be handed in again; without its codes. */
export function couponListDocument(coupons: CouponList, currency: string): Record<string, unknown> {
  return {
    name: coupons.name,
    ...present('amount', coupons.amount, (amount) => fromMinorUnits(amount, currency)),
    ...present('percentage', coupons.percentage, (percentage) => percentage / 100),
    ...present('description', coupons.description),
    single_use: coupons.singleUse,
    ...present('usage_limit', coupons.usageLimit),
    ...present('expires_at', coupons.expiresAt, (at) => at.toISOString()),
    ...present('valid_days', coupons.validDays),
    ...present('prefix', coupons.prefix),
    ...present('refill_below', coupons.refillBelow),
  };
}
