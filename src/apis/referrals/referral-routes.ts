import Type from 'typebox';
import { originBySlug, OriginSlug, OriginType, personBySlug } from '#apis/referrals/find-by-slug.js';
import { minorUnits } from '#apis/referrals/money.js';
import { PersonSlug } from '#apis/referrals/person-routes.js';
import { OriginObject, presentOrigin } from '#apis/referrals/present-origin.js';
import { presentReferral, ReferralObject } from '#apis/referrals/present-referral.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { REFERRAL_STATUSES } from '#core/referral-words.js';
import { decideReferral, lookAtOne, MOST_REFERRALS, referralsOf, refundOrigin } from '#core/referrals/index.js';
import { personById } from '#core/site-people/index.js';

const strict = { additionalProperties: false };

export function referralRoutes(table: SiteTable): void {
  for (const side of ['advocate', 'friend'] as const) {
    table.get(`/people/:person_slug/referrals_as_${side}`, {
      id: side === 'advocate' ? 'listReferralsAsAdvocate' : 'listReferralsAsFriend',
      summary: side === 'advocate' ? 'Get friends referred by advocate' : 'Get advocates who referred the friend',
      description: `The latest ${MOST_REFERRALS}, the latest first.`,
      tag: 'People',
      scope: 'referrals:read',
      params: PersonSlug,
      returns: Type.Object({ referrals: Type.Array(ReferralObject) }),
      async handle({ core, site, params }) {
        const person = await personBySlug(core, site, params.person_slug);
        const referrals = await referralsOf(core, site, person.id, side);
        const at = new Date(core.clock.now());
        return { referrals: referrals.map((referral) => presentReferral(referral, site, at)) };
      },
    });
  }
  table.put('/origins/:origin_slug/referral', {
    id: 'updateReferral',
    summary: 'Update referral status',
    description:
      'Approved and voided are final, and cannot be turned into each other; only what is pending or flagged can be ' +
      'voided. `unblocked` makes a blocked one pending.',
    tag: 'Referrals',
    scope: 'referrals:write',
    params: OriginSlug,
    query: OriginType,
    body: Type.Object(
      { data: Type.Object({ status: Type.Enum([...REFERRAL_STATUSES, 'unblocked']) }, strict) },
      { ...strict, examples: [{ data: { status: 'approved' } }] },
    ),
    returns: Type.Object({ referral: ReferralObject }),
    async handle({ core, auth, site, params, query, body }) {
      const origin = await originBySlug(core, site, params, query);
      const status = body.data.status === 'unblocked' ? 'pending' : body.data.status;
      const referral = await decideReferral(core, site, { originId: origin.id, status, actor: auth.keyId });
      const seen = await lookAtOne(core, site, referral);
      return { referral: presentReferral(seen, site, new Date(core.clock.now())) };
    },
  });
  table.post('/origins/:origin_slug/refund', {
    id: 'refundOrigin',
    summary: 'Mark origin as refunded',
    description:
      'Without `data` all of it. A referral that is not decided yet is voided; of an approved one the rewards are taken ' +
      'back whose coupons were not used.',
    tag: 'Origins',
    scope: 'referrals:write',
    status: 200,
    params: OriginSlug,
    query: OriginType,
    body: Type.Object(
      {
        data: Type.Optional(
          Type.Object(
            {
              refunded_at: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })),
              refund_subtotal: Type.Optional(
                Type.Number({ exclusiveMinimum: 0, maximum: 1e12, description: 'Default: all of it.' }),
              ),
            },
            strict,
          ),
        ),
      },
      { ...strict, examples: [{ data: { refund_subtotal: 8 } }] },
    ),
    returns: Type.Object({
      origin: OriginObject,
      referral_status: Type.Union([Type.Enum([...REFERRAL_STATUSES]), Type.Null()]),
      rewards_voided: Type.Integer({ description: 'Taken back.' }),
      rewards_kept: Type.Integer({ description: 'Not taken back: their coupons were used already.' }),
    }),
    async handle({ core, auth, site, params, query, body }) {
      const { id: originId } = await originBySlug(core, site, params, query);
      const { refund_subtotal: amount, refunded_at: at } = body.data ?? {};
      const { origin, referral, rewards } = await refundOrigin(core, site, {
        originId,
        subtotal: amount === undefined ? undefined : minorUnits(amount, site.currency),
        refundedAt: at === undefined ? undefined : new Date(at),
        actor: auth.keyId,
      });
      return {
        origin: presentOrigin(site, origin, await personById(core, site, origin.personId)),
        referral_status: referral?.status ?? null,
        rewards_voided: rewards.voided,
        rewards_kept: rewards.kept,
      };
    },
  });
}
