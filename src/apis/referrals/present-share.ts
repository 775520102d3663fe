import Type, { type Static } from 'typebox';
import { CampaignObject, presentCampaign } from '#apis/referrals/campaign-routes.js';
import { OfferObject } from '#apis/referrals/present-offer.js';
import { presentReward, RewardObject } from '#apis/referrals/present-reward.js';
import { presentTime } from '#apis/referrals/present-time.js';
import type { Core } from '#core/core.js';
import { shareLink } from '#core/offers/index.js';
import type { EmailShared, RecipientFinding, ShareOf } from '#core/shares/index.js';
import type { Site } from '#core/sites/index.js';

const Text = Type.String();

export const ShareObject = Type.Object({
  id: Type.Integer(),
  type: Type.Enum(['SocialOfferShare', 'EmailOfferShare']),
  channel_identifier: Text,
  short_url: Type.String({ description: 'Where friends come by this share.' }),
  shared_at: Text,
  offer: OfferObject,
  campaign: CampaignObject,
  friends_count: Type.Integer(),
  friend_clicks_count: Type.Integer(),
});

const Recipient = Type.Object({
  currently_sent: Type.Boolean(),
  previously_sent: Type.Boolean(),
  email_valid: Type.Boolean(),
  self_referral: Type.Boolean(),
  unsubscribed: Type.Boolean(),
  blocklisted: Type.Boolean(),
  blacklisted: Type.Boolean({ description: 'The same as `blocklisted`.' }),
  meets_criteria: Type.Boolean(),
  sharable: Type.Boolean(),
  check_failed: Type.Boolean({
    description: 'Ours: `check_unsubscribe_web_hook` did not say whether they want letters, so nothing is sent now.',
  }),
});

export const EmailAnswer = Type.Object({
  success: Type.Boolean({ description: 'Whether something was sent; of a validation, whether something would be.' }),
  validation_only: Type.Boolean(),
  stats: Type.Object({
    currently_sent: Type.Integer(),
    currently_not_sent: Type.Integer(),
    previously_sent: Type.Integer(),
    total_sent: Type.Integer({ description: 'By this advocate in the last 24 hours, these among them.' }),
    sent_limit_exceeded: Type.Boolean(),
    left_emails: Type.Integer(),
    advocate_blocked: Type.Boolean(),
  }),
  recipients: Type.Record(Text, Recipient, { description: 'By address, in lower case.' }),
  reward: Type.Union([RewardObject, Type.Null()]),
  rewards: Type.Array(RewardObject),
});

export function presentShare(
  core: Pick<Core, 'clock' | 'settings'>,
  { share, site, campaign, friends, clicks }: ShareOf,
  offer: Static<typeof OfferObject>,
): Static<typeof ShareObject> {
  return {
    id: share.id,
    type: share.channel === 'email' ? 'EmailOfferShare' : 'SocialOfferShare',
    channel_identifier: share.channel,
    short_url: shareLink(core, share.code),
    shared_at: presentTime(share.createdAt, site.timeZone),
    offer,
    campaign: presentCampaign(campaign, site, new Date(core.clock.now())),
    friends_count: friends,
    friend_clicks_count: clicks,
  };
}

export function presentEmailShare(
  done: EmailShared,
  validationOnly: boolean,
  site: Site,
  at: Date,
): Static<typeof EmailAnswer> {
  const { findings, rewards } = done;
  const sent = findings.filter((finding) => finding.sent).length;
  const [reward] = rewards;
  return {
    success: validationOnly ? findings.some(({ sharable }) => sharable) : sent > 0,
    validation_only: validationOnly,
    stats: {
      currently_sent: sent,
      currently_not_sent: findings.length - sent,
      previously_sent: findings.filter(({ sentBefore }) => sentBefore).length,
      total_sent: done.sentToday,
      sent_limit_exceeded: done.limitExceeded,
      left_emails: done.left,
      advocate_blocked: done.advocateBlocked,
    },
    recipients: Object.fromEntries(findings.map((finding) => [finding.email, presentRecipient(finding)])),
    reward: reward === undefined ? null : presentReward(reward, site, at),
    rewards: rewards.map((one) => presentReward(one, site, at)),
  };
}

function presentRecipient(finding: RecipientFinding): Static<typeof Recipient> {
  return {
    currently_sent: finding.sent,
    previously_sent: finding.sentBefore,
    email_valid: finding.isValid,
    self_referral: finding.isSelf,
    unsubscribed: finding.wantsNone,
    blocklisted: finding.isBlocked,
    blacklisted: finding.isBlocked,
    meets_criteria: finding.meetsCriteria,
    sharable: finding.sharable,
    check_failed: finding.unasked,
  };
}
