import Type from 'typebox';
import { HttpProblem } from '#apis/http/index.js';
import { presentReward, RewardObject } from '#apis/referrals/present-reward.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { CoreError } from '#core/errors.js';
import { shareAndClaim } from '#core/referral-programme/index.js';

const Email = Type.String({ maxLength: 254 });
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
    description: 'The advocate joins, if need be, and the friend is given what is promised to friends.',
    tag: 'Offers',
    scope: 'referrals:write',
    body: Type.Object(
      { advocate_email: Email, friend_email: Email },
      {
        additionalProperties: false,
        examples: [{ advocate_email: 'anna@example.com', friend_email: 'john@example.com' }],
      },
    ),
    returns: Type.Object({
      friend_reward: Type.Union([RewardObject, Type.Null()]),
      friend_unredeem_reason: MaybeText,
      friend_human_unredeem_reason: MaybeText,
    }),
    async handle({ core, site, body }) {
      const { advocate_email: advocateEmail, friend_email: friendEmail } = body;
      const { reward, refused } = await shareAndClaim(core, site, { advocateEmail, friendEmail }).catch(inOurWords);
      const [reason, sentence] = refused === null ? [null, null] : REASONS[refused];
      return {
        friend_reward: reward === null ? null : presentReward(reward, site, new Date(core.clock.now())),
        friend_unredeem_reason: reason,
        friend_human_unredeem_reason: sentence,
      };
    },
  });
}

function inOurWords(error: unknown): never {
  const sentence = error instanceof CoreError ? SENTENCES[error.field ?? ''] : undefined;
  throw sentence === undefined ? error : new HttpProblem('invalid_input', sentence);
}
