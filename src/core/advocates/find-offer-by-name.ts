import type { Core } from '#core/core.js';
import { isOfferOpen, toOffer, type Offer } from '#core/offers/index.js';
import { isOpen, listReferralCampaigns } from '#core/referral-campaigns/index.js';
import { nameKey } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/** `closed`: the site has no such campaign that is open. */
export type FoundByName = Offer | 'nobody' | 'several' | 'closed';

/** More than one is enough to say so. */
const LOOKED_AT = 100;

/**
 * The offer of whoever has this first and last name, however they are written, in a campaign of type `claim_by_name`: friends who
 * have no link name who sent them. With null it says whether there is such a campaign.
 */
export async function findOfferByName(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  name: { first: string; last: string } | null,
): Promise<FoundByName> {
  const at = new Date(core.clock.now());
  const all = await listReferralCampaigns(core, site);
  const campaigns = all.filter((one) => one.kind === 'claim_by_name' && isOpen(one, site, at));
  if (campaigns.length === 0) return 'closed';
  if (name === null) return 'nobody';
  const rows = await core.db
    .selectFrom('site_people')
    .innerJoin('offers', 'offers.person_id', 'site_people.id')
    .selectAll('offers')
    .where('site_people.site_id', '=', site.id)
    .where('site_people.name_key', '=', nameKey(name.first, name.last))
    .where(
      'offers.campaign_id',
      'in',
      campaigns.map(({ id }) => id),
    )
    .orderBy('offers.campaign_id')
    .limit(LOOKED_AT)
    .execute();
  const offers = rows.map(toOffer).filter((offer) => {
    const campaign = campaigns.find(({ id }) => id === offer.campaignId);
    return campaign !== undefined && isOfferOpen(offer, campaign, site, at);
  });
  const [first] = offers;
  if (first === undefined) return 'nobody';
  return offers.every(({ personId }) => personId === first.personId) ? first : 'several';
}
