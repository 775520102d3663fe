import type { Core } from '#core/core.js';
import { toOffer, type SharedOffer } from '#core/offers/index.js';
import { toReferralCampaign } from '#core/referral-campaigns/index.js';
import type { Site } from '#core/sites/index.js';

/** What somebody can pass on of one campaign. Undefined: they have not joined it, or there is none of that name. */
export async function offerInCampaign(
  core: Pick<Core, 'db'>,
  site: Site,
  personId: number,
  slug: string,
): Promise<SharedOffer | undefined> {
  const campaign = await core.db
    .selectFrom('referral_campaigns')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('slug', '=', slug)
    .executeTakeFirst();
  if (campaign === undefined) return undefined;
  const offer = await core.db
    .selectFrom('offers')
    .selectAll()
    .where('person_id', '=', personId)
    .where('campaign_id', '=', campaign.id)
    .executeTakeFirst();
  return offer && { site, offer: toOffer(offer), campaign: toReferralCampaign(campaign) };
}
