import Type, { type Static } from 'typebox';
import { presentMoneyOrNull } from '#apis/referrals/money.js';
import { presentTimeOrNull } from '#apis/referrals/present-time.js';
import type { Reward } from '#core/rewards/index.js';
import type { Site } from '#core/sites/index.js';

const Text = Type.String();
const MaybeText = Type.Union([Text, Type.Null()]);
const MaybeNumber = Type.Union([Type.Number(), Type.Null()]);

const CouponObject = Type.Object({
  id: Type.Integer(),
  code: Text,
  amount: MaybeNumber,
  description: MaybeText,
  percentage_discount: MaybeNumber,
  single_use: Type.Boolean(),
  used: Type.Boolean(),
  active: Type.Boolean(),
  usages: Type.Integer(),
  expires_at: MaybeText,
  valid_until: MaybeText,
});

/** What an advocate is given for sharing. */
export const RewardObject = Type.Object({
  id: Type.Integer(),
  amount: MaybeNumber,
  reason: Type.Enum(['signup', 'shared', 'click', 'referrer', 'referred']),
  status: Type.Enum(['Paid', 'Unpaid', 'Voided']),
  coupon: Type.Union([CouponObject, Type.Null()]),
  coupon_code: MaybeText,
  incentive_type: Type.Enum(['rebate', 'discount_coupon', 'other']),
  incentive_description: MaybeText,
  incentive_custom_description: MaybeText,
});

const STATUS = { paid: 'Paid', unpaid: 'Unpaid', voided: 'Voided' } as const;

export function presentReward(reward: Reward, site: Site, at: Date): Static<typeof RewardObject> {
  const { coupon } = reward;
  const end = presentTimeOrNull(coupon?.expiresAt ?? null, site.timeZone);
  return {
    id: reward.id,
    amount: presentMoneyOrNull(reward.amount, site.currency),
    reason: reward.reason,
    status: STATUS[reward.status],
    coupon: coupon && {
      id: coupon.id,
      code: coupon.code,
      amount: presentMoneyOrNull(coupon.amount, site.currency),
      description: coupon.description,
      percentage_discount: coupon.percentage === null ? null : coupon.percentage / 100,
      single_use: coupon.singleUse,
      used: coupon.usages > 0,
      active: coupon.voidedAt === null && (coupon.expiresAt === null || coupon.expiresAt > at),
      usages: coupon.usages,
      ...{ expires_at: end, valid_until: end },
    },
    coupon_code: coupon?.code ?? null,
    incentive_type: reward.kind,
    incentive_description: reward.description,
    incentive_custom_description: reward.customDescription,
  };
}
