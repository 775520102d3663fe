import Type from 'typebox';
import { originBySlug, OriginSlug, OriginType, personBySlug } from '#apis/referrals/find-by-slug.js';
import { presentReferral, ReferralObject } from '#apis/referrals/present-referral.js';
import type { SiteHandling, SiteTable } from '#apis/referrals/site-table.js';
import { lookAtOne, payByHand, referByHand, type Referral } from '#core/referrals/index.js';

const strict = { additionalProperties: false };
const ReferralReply = Type.Object({ referral: ReferralObject });

/** What somebody at the shop does with referrals by hand. */
export function manageReferralRoutes(table: SiteTable): void {
  table.post('/manage/origins/:origin_slug/referral', {
    id: 'createReferral',
    summary: 'Say who brought a purchase or an event',
    description:
      'That is nobody’s yet. It is looked at for fraud and decided as others are. `track_method` is `manually_generated`, ' +
      'with `force` `force_manually_generated`.',
    tag: 'Manage',
    scope: 'referrals:write',
    status: 201,
    params: OriginSlug,
    query: OriginType,
    body: Type.Object(
      {
        data: Type.Object(
          {
            advocate: Type.String({
              minLength: 1,
              maxLength: 1000,
              description: 'Address, telephone number, customer id or user name.',
            }),
            campaign: Type.Optional(
              Type.Union(
                [
                  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
                  Type.String({ minLength: 1, maxLength: 100 }),
                ],
                {
                  description: 'Its id or slug. Default: the latest of the advocate’s that takes the origin.',
                },
              ),
            ),
            force: Type.Optional(
              Type.Boolean({
                default: false,
                description:
                  'Also after the end of the offer or its campaign, pending whatever looks like fraud, and in place of a referral that is voided.',
              }),
            ),
          },
          strict,
        ),
      },
      { ...strict, examples: [{ data: { advocate: 'anna@example.com' } }] },
    ),
    returns: ReferralReply,
    async handle({ core, auth, site, params, query, body: { data } }) {
      const origin = await originBySlug(core, site, params, query);
      const { id: advocateId } = await personBySlug(core, site, data.advocate);
      const { campaign, force = false } = data;
      return reply(
        core,
        site,
        await referByHand(core, site, { origin, advocateId, campaign, force, actor: auth.keyId }),
      );
    },
  });

  table.post('/manage/origins/:origin_slug/referral/pay', {
    id: 'payReferral',
    summary: 'Pay rewards that wait for the referral webhook',
    description: 'Where none wait, nothing happens.',
    tag: 'Manage',
    scope: 'referrals:write',
    params: OriginSlug,
    query: OriginType,
    returns: ReferralReply,
    async handle({ core, auth, site, params, query }) {
      const { id: originId } = await originBySlug(core, site, params, query);
      return reply(core, site, await payByHand(core, site, { originId, actor: auth.keyId }));
    },
  });
}

async function reply(core: SiteHandling['core'], site: SiteHandling['site'], referral: Referral) {
  const seen = await lookAtOne(core, site, referral);
  return { referral: presentReferral(seen, site, new Date(core.clock.now())) };
}
