import Type, { type Static } from 'typebox';
import { presentMoneyOrNull } from '#apis/referrals/money.js';
import { presentReward, RewardObject } from '#apis/referrals/present-reward.js';
import { presentTime } from '#apis/referrals/present-time.js';
import { REFERRAL_STATUSES } from '#core/referral-words.js';
import type { SeenReferral } from '#core/referrals/index.js';
import type { SitePerson } from '#core/site-people/index.js';
import { FRAUD_CHECKS, type Site } from '#core/sites/index.js';

const MaybeText = Type.Union([Type.String(), Type.Null()]);
const Check = Type.Enum([...FRAUD_CHECKS]);

const Somebody = Type.Object({
  id: Type.Integer(),
  email: MaybeText,
  phone_number: MaybeText,
  first_name: MaybeText,
  last_name: MaybeText,
});

export const ReferralObject = Type.Object({
  id: Type.Integer(),
  status: Type.Enum([...REFERRAL_STATUSES]),
  campaign_id: Type.Integer(),
  offer_id: Type.Integer(),
  referred_origin_id: Type.Integer(),
  referred_subtotal: Type.Union([Type.Number(), Type.Null()], { description: 'Without what was refunded.' }),
  ad_rewarded: Type.Boolean({ description: 'Whether the advocate was given something for it.' }),
  track_method: Type.String({ description: 'How it was found to be the advocate’s.' }),
  fraud_details: Type.Array(
    Type.Object({
      check: Check,
      outcome: Type.Enum(['block', 'flag', 'pass', 'skip']),
      matched: Type.Boolean(),
      evidence: MaybeText,
    }),
  ),
  fraud_policies_status: Type.Object({
    blocked: Type.Array(Check),
    flagged: Type.Array(Check),
    skipped: Type.Array(Check),
    passed: Type.Array(Check),
  }),
  qa_generated: Type.Boolean({ description: 'Of test mode.' }),
  created_at: Type.String(),
  updated_at: Type.String(),
  advocate_person: Somebody,
  friend_person: Somebody,
  advocate_rewards: Type.Array(RewardObject),
  friend_rewards: Type.Array(RewardObject),
});

export function presentReferral(seen: SeenReferral, site: Site, at: Date): Static<typeof ReferralObject> {
  const { referral, rewards, subtotal, advocate, friend } = seen;
  const { fraud } = referral;
  const checks = (wanted: string) => fraud.filter(({ outcome }) => outcome === wanted).map(({ check }) => check);
  const of = (side: 'referrer' | 'referred') => rewards.filter(({ reason }) => reason === side);
  return {
    id: referral.id,
    status: referral.status,
    campaign_id: referral.campaignId,
    offer_id: referral.offerId,
    referred_origin_id: referral.originId,
    referred_subtotal: presentMoneyOrNull(subtotal, site.currency),
    ad_rewarded: of('referrer').some(({ status }) => status === 'paid'),
    track_method: referral.trackMethod,
    fraud_details: fraud.map(({ check, outcome, matched, evidence }) => ({ check, outcome, matched, evidence })),
    fraud_policies_status: {
      ...{ blocked: checks('block'), flagged: checks('flag'), skipped: checks('skip'), passed: checks('pass') },
    },
    qa_generated: site.mode === 'test',
    created_at: presentTime(referral.createdAt, site.timeZone),
    updated_at: presentTime(referral.updatedAt, site.timeZone),
    advocate_person: somebody(advocate),
    friend_person: somebody(friend),
    advocate_rewards: of('referrer').map((reward) => presentReward(reward, site, at)),
    friend_rewards: of('referred').map((reward) => presentReward(reward, site, at)),
  };
}

function somebody({ id, email, phone, firstName, lastName }: SitePerson): Static<typeof Somebody> {
  return { id, email, phone_number: phone, first_name: firstName, last_name: lastName };
}
