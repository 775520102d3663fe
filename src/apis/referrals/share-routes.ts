import Type, { type Static, type TSchema } from 'typebox';
import { CampaignObject, presentCampaign } from '#apis/referrals/campaign-routes.js';
import { personBySlug } from '#apis/referrals/find-by-slug.js';
import { OfferObject, presentOffer } from '#apis/referrals/present-offer.js';
import { presentReward, RewardObject } from '#apis/referrals/present-reward.js';
import { presentTime } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import type { Core } from '#core/core.js';
import { findSharedOffer, shareLink } from '#core/offers/index.js';
import {
  listSharesBy,
  LONGEST_SUBJECT,
  LONGEST_WORDS,
  SHARE_CHANNELS,
  shareByEmail,
  shareSocially,
  type EmailShared,
  type RecipientFinding,
  type ShareOf,
} from '#core/shares/index.js';
import type { Site } from '#core/sites/index.js';

const tag = 'Shares';
const strict = { additionalProperties: false };
const Text = Type.String();
const Maybe = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Code = Type.Object({ short_url_code: Type.String({ maxLength: 64 }) });

const ShareObject = Type.Object({
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

const EmailAnswer = Type.Object({
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
  reward: Maybe(RewardObject),
  rewards: Type.Array(RewardObject),
});

/** How advocates pass their offers on. */
export function shareRoutes(table: SiteTable): void {
  table.post('/offers/:short_url_code/shares/email', {
    id: 'shareByEmail',
    summary: 'Share an offer with friends by e-mail',
    description:
      'Each address gets an offer once, and one reminder where `reminder` says so. `subject` and `body` are used where the ' +
      'site allows words of the advocate’s own, as plain text without links.',
    tag,
    scope: 'referrals:write',
    params: Code,
    body: Type.Object(
      {
        recipients: Type.String({
          maxLength: 50_000,
          description: 'With commas or line breaks between them.',
        }),
        subject: Type.Optional(Type.String({ maxLength: LONGEST_SUBJECT })),
        body: Type.Optional(Type.String({ maxLength: LONGEST_WORDS })),
        reminder: Type.Optional(Type.Boolean({ description: 'Default: true.' })),
        validation_only: Type.Optional(Type.Boolean({ description: 'Nothing is sent.' })),
      },
      { ...strict, examples: [{ recipients: 'tom@example.com, eve@example.com' }] },
    ),
    returns: EmailAnswer,
    async handle({ core, site, params, body }) {
      const { recipients, reminder = true, validation_only: validationOnly = false } = body;
      const shared = await findSharedOffer(core, site, params.short_url_code);
      const own = { subject: body.subject, body: body.body };
      const done = await shareByEmail(core, shared, { recipients, reminder, validationOnly, own });
      return presentEmailShare(done, validationOnly, site, new Date(core.clock.now()));
    },
  });

  table.post('/offers/:short_url_code/shares/social', {
    id: 'shareSocially',
    summary: 'Share an offer by a channel of the advocate’s own',
    description: `\`channel\`: ${SHARE_CHANNELS.join(', ')}. Nobody is texted: \`share_url\` opens the channel in the advocate’s hands.`,
    tag,
    scope: 'referrals:write',
    params: Code,
    body: Type.Object({ channel: Type.String({ maxLength: 64 }) }, { ...strict, examples: [{ channel: 'facebook' }] }),
    returns: Type.Object({
      share: ShareObject,
      reward: Maybe(RewardObject),
      share_url: Maybe(Type.String({ description: 'Ours: for `sms` an `sms:` address. Null: of no channel known.' })),
    }),
    async handle({ core, site, params, body }) {
      const shared = await findSharedOffer(core, site, params.short_url_code);
      const { share, url, rewards } = await shareSocially(core, shared, body.channel, { isAdvocate: true });
      const [reward] = rewards;
      return {
        share: presentShare(
          core,
          { ...shared, share, friends: 0, clicks: 0 },
          await presentOffer(core, site, shared.offer, shared.campaign),
        ),
        reward: reward === undefined ? null : presentReward(reward, site, new Date(core.clock.now())),
        share_url: url,
      };
    },
  });

  table.get('/people/:person_slug/shares_by', {
    id: 'listSharesBy',
    summary: 'Get shares made by a person',
    description: 'The newest first, at most 1,000.',
    tag: 'People',
    scope: 'referrals:read',
    params: Type.Object({ person_slug: Text }),
    returns: Type.Object({ shares: Type.Array(ShareObject) }),
    async handle({ core, site, params }) {
      const person = await personBySlug(core, site, params.person_slug);
      const shares = await listSharesBy(core, site, person);
      // Many shares are of few offers.
      const offers = new Map<number, ReturnType<typeof presentOffer>>();
      const offerOf = ({ offer, campaign }: ShareOf) => {
        const known = offers.get(offer.id) ?? presentOffer(core, site, offer, campaign);
        offers.set(offer.id, known);
        return known;
      };
      return {
        shares: await Promise.all(shares.map(async (share) => presentShare(core, share, await offerOf(share)))),
      };
    },
  });
}

function presentShare(
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

function presentEmailShare(
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
