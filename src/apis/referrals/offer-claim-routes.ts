import Type, { type Static } from 'typebox';
import { HttpProblem } from '#apis/http/index.js';
import { compileValidator } from '#apis/http/validate.js';
import { presentReward, RewardObject } from '#apis/referrals/present-reward.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { CoreError } from '#core/errors.js';
import { shareAndClaim } from '#core/referral-programme/index.js';

const Email = Type.String({ maxLength: 254 });
const strict = { additionalProperties: false };
const Claim = Type.Object(
  {
    advocate_email: Email,
    friend_email: Email,
    campaign_tag: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'Of campaigns with this tag only. Absent: as of any origin.',
      }),
    ),
  },
  strict,
);
/** What may be in the query as well is not required of either. */
const ClaimPart = Type.Partial(Claim);
const claimOf = compileValidator(Claim, 'body');
const MaybeText = Type.Union([Type.String(), Type.Null()]);
const SENTENCES: Readonly<Record<string, string>> = {
  advocateEmail: 'Invalid `advocate_email`.',
  friendEmail: 'Invalid `friend_email`.',
};

const REASONS = {
  self_referral: ['SELF_REFERRAL', 'Nobody is rewarded for recommending a shop to themselves.'],
  offer_ended: ['OFFER_EXPIRED', 'The offer of the advocate is over.'],
} as const;

export function offerClaimRoutes(table: SiteTable): void {
  table.post('/offer_claims', {
    id: 'createOfferClaim',
    summary: 'Share and claim an offer',
    description:
      'The advocate joins, if need be, and the friend is given what is promised to friends. Both addresses are required, ' +
      'each in the body or in the query.',
    tag: 'Offers',
    scope: 'referrals:write',
    query: ClaimPart,
    body: Type.Object(ClaimPart.properties, {
      ...strict,
      examples: [{ advocate_email: 'anna@example.com', friend_email: 'john@example.com' }],
    }),
    returns: Type.Object({
      friend_reward: Type.Union([RewardObject, Type.Null()]),
      friend_unredeem_reason: MaybeText,
      friend_human_unredeem_reason: MaybeText,
    }),
    async handle({ core, site, body, query }) {
      const said = inOne(query, body);
      const claim = { advocateEmail: said.advocate_email, friendEmail: said.friend_email, tag: said.campaign_tag };
      const { reward, refused } = await shareAndClaim(core, site, claim).catch(inOurWords);
      const [reason, sentence] = refused === null ? [null, null] : REASONS[refused];
      return {
        friend_reward: reward === null ? null : presentReward(reward, site, new Date(core.clock.now())),
        friend_unredeem_reason: reason,
        friend_human_unredeem_reason: sentence,
      };
    },
  });
}

/** @throws HttpProblem `invalid_input` where one is in neither, or not the same in both */
function inOne(query: Static<typeof ClaimPart>, body: Static<typeof ClaimPart>): Static<typeof Claim> {
  const whole: Record<string, string> = {};
  for (const field of ['advocate_email', 'friend_email', 'campaign_tag'] as const) {
    const [asked, sent] = [query[field], body[field]];
    if (asked !== undefined && sent !== undefined && asked !== sent) {
      const message = `\`${field}\` is not the same in the query and in the body.`;
      throw new HttpProblem('invalid_input', message, { field });
    }
    const said = sent ?? asked;
    if (said !== undefined) whole[field] = said;
  }
  return claimOf(whole) as Static<typeof Claim>;
}

function inOurWords(error: unknown): never {
  const sentence = error instanceof CoreError ? SENTENCES[error.field ?? ''] : undefined;
  throw sentence === undefined ? error : new HttpProblem('invalid_input', sentence);
}
