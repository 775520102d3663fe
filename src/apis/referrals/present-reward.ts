import Type, { type Static } from 'typebox';
import { presentWorth } from '#apis/referrals/money.js';
import { CouponObject, presentCoupon } from '#apis/referrals/present-coupon.js';
import type { Reward } from '#core/rewards/index.js';
import { REWARD_KINDS, REWARD_REASONS } from '#core/referral-words.js';
import type { Site } from '#core/sites/index.js';
import type { RewardStatus } from '#core/tables.js';

const MaybeText = Type.Union([Type.String(), Type.Null()]);

/** As this API spells what becomes of rewards. */
export const SHOWN_STATUS = { paid: 'Paid', unpaid: 'Unpaid', voided: 'Voided' } as const satisfies Record<
  RewardStatus,
  string
>;

export const RewardObject = Type.Object({
  id: Type.Integer(),
  amount: Type.Union([Type.Number(), Type.Null()]),
  percentage: Type.Boolean({ description: 'Whether `amount` is per cent, not money.' }),
  reason: Type.Enum([...REWARD_REASONS]),
  status: Type.Enum(Object.values(SHOWN_STATUS), {
    description: '`Unpaid`: it waits for a code, or until the referral webhook has arrived.',
  }),
  void_reason: MaybeText,
  coupon: Type.Union([CouponObject, Type.Null()]),
  coupon_code: MaybeText,
  incentive_type: Type.Enum([...REWARD_KINDS]),
  incentive_description: MaybeText,
  incentive_custom_description: MaybeText,
});

export function presentReward(reward: Reward, site: Site, at: Date): Static<typeof RewardObject> {
  return {
    id: reward.id,
    ...presentWorth(reward, site.currency),
    reason: reward.reason,
    status: SHOWN_STATUS[reward.status],
    void_reason: reward.voidReason,
    coupon: reward.coupon === null ? null : presentCoupon(reward.coupon, site, at),
    coupon_code: reward.coupon?.code ?? null,
    incentive_type: reward.kind,
    incentive_description: reward.description,
    incentive_custom_description: reward.customDescription,
  };
}
