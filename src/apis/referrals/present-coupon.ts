import Type, { type Static } from 'typebox';
import { presentWorth } from '#apis/referrals/money.js';
import { presentTimeOrNull } from '#apis/referrals/present-time.js';
import { isOver, isUsedUp, type Coupon } from '#core/coupons/index.js';
import type { Site } from '#core/sites/index.js';

const MaybeText = Type.Union([Type.String(), Type.Null()]);

export const CouponObject = Type.Object({
  id: Type.Integer(),
  code: Type.String(),
  description: MaybeText,
  amount: Type.Union([Type.Number(), Type.Null()]),
  percentage_discount: Type.Boolean({ description: 'Whether `amount` is per cent, not money.' }),
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
  const { amount, percentage } = presentWorth(coupon, currency);
  return {
    ...{ id: coupon.id, code: coupon.code, description: coupon.description },
    ...{ amount, percentage_discount: percentage },
    ...{ single_use: coupon.singleUse, used, active: !used && !isOver(coupon, at), usages: coupon.usages },
    ...{ expires_at: end, valid_until: end },
  };
}
