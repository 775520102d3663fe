import Type, { type Static } from 'typebox';
import { presentMoneyOrNull, presentWorth } from '#apis/referrals/money.js';
import { presentTimeOrNull } from '#apis/referrals/present-time.js';
import type { Core } from '#core/core.js';
import { advocatePage, claimLink, offerDetails, type LinkChannel, type Offer } from '#core/offers/index.js';
import { isForFriend, type Incentive, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { REWARD_KINDS, REWARD_REASONS } from '#core/referral-words.js';
import type { Site } from '#core/sites/index.js';

const Text = Type.String();
const MaybeText = Type.Union([Text, Type.Null()]);
const MaybeNumber = Type.Union([Type.Number(), Type.Null()]);
const MaybeInteger = Type.Union([Type.Integer(), Type.Null()]);

const IncentiveObject = Type.Object({
  identifier: Text,
  action_type: Type.Enum([...REWARD_REASONS]),
  incentive_type: Type.Enum([...REWARD_KINDS]),
  amount: MaybeNumber,
  percentage: Type.Boolean({ description: 'Whether `amount` is per cent, not money.' }),
  description: Text,
  for_advocate: Type.Boolean(),
  for_friend: Type.Boolean(),
  highest_amount: Type.Boolean({ description: 'No other one of the same side is worth more.' }),
  coupon_expires_at: MaybeText,
  criteria_config: Type.Object({
    new_customer: Type.Boolean(),
    new_optin: Type.Boolean(),
    subtotal_min: MaybeNumber,
    subtotal_max: MaybeNumber,
    referrals_min: MaybeInteger,
    referrals_max: MaybeInteger,
    referrals_divisible_by: MaybeInteger,
    reward_uniqueness: MaybeText,
    friend_event_category: MaybeText,
    has_liquid_criteria: Type.Boolean(),
  }),
});

export const OfferObject = Type.Object({
  id: Type.Integer(),
  short_url_code: Text,
  email: MaybeText,
  claim_url: Type.String({ description: 'Where friends come by it.' }),
  show_url: Type.String({ description: 'Where the advocate passes it on.' }),
  coupon_code: Type.Null({ description: 'Friends have codes of their own.' }),
  incentives: Type.Record(Text, IncentiveObject, { description: 'By identifier.' }),
  trigger_widget: Type.Null(),
  campaign_tags: Type.Array(Text),
});

export const ClaimLinks = Type.Record(Text, Text, { description: 'By sharing channel: its own link of the offer.' });

export async function presentOffer(
  core: Pick<Core, 'db' | 'settings'>,
  site: Site,
  offer: Offer,
  campaign: ReferralCampaign,
): Promise<Static<typeof OfferObject>> {
  const { email, couponEnds } = await offerDetails(core, offer, campaign);
  const { incentives } = campaign.settings;
  return {
    id: offer.id,
    short_url_code: offer.code,
    email,
    claim_url: claimLink(core, offer),
    show_url: advocatePage(core, offer),
    coupon_code: null,
    incentives: Object.fromEntries(
      incentives.map((incentive) => [
        incentive.identifier,
        presentIncentive(site, incentive, incentives, couponEnds.get(incentive.couponListId ?? 0) ?? null),
      ]),
    ),
    trigger_widget: null,
    campaign_tags: campaign.tags,
  };
}

export function presentClaimLinks(
  core: Pick<Core, 'settings'>,
  offer: Offer,
  channels: readonly LinkChannel[],
): Static<typeof ClaimLinks> {
  return Object.fromEntries(channels.map((channel) => [channel, claimLink(core, offer, channel)]));
}

function presentIncentive(
  site: Site,
  incentive: Incentive,
  all: readonly Incentive[],
  couponEnd: Date | null,
): Static<typeof IncentiveObject> {
  const { criteria = {}, reason } = incentive;
  const forFriend = isForFriend(reason);
  const worth = ({ amount, percentage }: Incentive): number => amount ?? percentage ?? 0;
  const same = all.filter((other) => isForFriend(other.reason) === forFriend && other.kind === incentive.kind);
  const money = (minor: number | undefined): number | null => presentMoneyOrNull(minor ?? null, site.currency);
  return {
    identifier: incentive.identifier,
    action_type: reason,
    incentive_type: incentive.kind,
    ...presentWorth(incentive, site.currency),
    description: incentive.description,
    for_advocate: !forFriend,
    for_friend: forFriend,
    highest_amount: same.every((other) => worth(other) <= worth(incentive)),
    coupon_expires_at: presentTimeOrNull(couponEnd, site.timeZone),
    criteria_config: {
      new_customer: criteria.newCustomer ?? false,
      new_optin: criteria.newOptIn ?? false,
      subtotal_min: money(criteria.subtotalMin),
      subtotal_max: money(criteria.subtotalMax),
      referrals_min: criteria.referralsMin ?? null,
      referrals_max: criteria.referralsMax ?? null,
      referrals_divisible_by: criteria.referralsDivisibleBy ?? null,
      reward_uniqueness: criteria.uniqueness ?? null,
      friend_event_category: criteria.friendEventCategory ?? null,
      has_liquid_criteria: false,
    },
  };
}
