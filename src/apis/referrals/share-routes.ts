import Type, { type TSchema } from 'typebox';
import { personBySlug } from '#apis/referrals/find-by-slug.js';
import { presentOffer } from '#apis/referrals/present-offer.js';
import { presentReward, RewardObject } from '#apis/referrals/present-reward.js';
import { EmailAnswer, presentEmailShare, presentShare, ShareObject } from '#apis/referrals/present-share.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { findSharedOffer } from '#core/offers/index.js';
import {
  listSharesBy,
  LONGEST_SUBJECT,
  LONGEST_WORDS,
  SHARE_CHANNELS,
  shareByEmail,
  shareSocially,
  type ShareOf,
} from '#core/shares/index.js';

const tag = 'Shares';
const strict = { additionalProperties: false };
const Text = Type.String();
const Maybe = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Code = Type.Object({ short_url_code: Type.String({ maxLength: 64 }) });

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
