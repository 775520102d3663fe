import Type, { type Static } from 'typebox';
import { presentMoneyOrNull } from '#apis/referrals/money.js';
import { presentTimeOrNull } from '#apis/referrals/present-time.js';
import { isOver, isUsedUp, type Coupon } from '#core/coupons/index.js';
import type { Site } from '#core/sites/index.js';

const MaybeText = Type.Union([Type.String(), Type.Null()]);
const MaybeNumber = Type.Union([Type.Number(), Type.Null()]);

export const CouponObject = Type.Object({
  id: Type.Integer(),
  code: Type.String(),
  description: MaybeText,
  amount: MaybeNumber,
  percentage_discount: MaybeNumber,
  single_use: Type.Boolean(),
  used: Type.Boolean(),
  active: Type.Boolean({ description: 'It was not used up, did not end, and was not taken back.' }),
  usages: Type.Integer(),
  expires_at: MaybeText,
  valid_until: MaybeText,
});

export function presentCoupon(
  coupon: Coupon,
  { currency, timeZone }: Pick<Site, 'currency' | 'timeZone'>,
  at: Date,
): Static<typeof CouponObject> {
  const end = presentTimeOrNull(coupon.expiresAt, timeZone);
  const used = isUsedUp(coupon);
  return {
    ...{ id: coupon.id, code: coupon.code, description: coupon.description },
    amount: presentMoneyOrNull(coupon.amount, currency),
    percentage_discount: coupon.percentage === null ? null : coupon.percentage / 100,
    ...{ single_use: coupon.singleUse, used, active: !used && !isOver(coupon, at), usages: coupon.usages },
    ...{ expires_at: end, valid_until: end },
  };
}
