import { sql, type Selectable } from 'kysely';
import type { Core } from '#core/core.js';
import { isOfferOpen, toOffer, type Offer } from '#core/offers/index.js';
import { isOpen, listReferralCampaigns } from '#core/referral-campaigns/index.js';
import type { Site } from '#core/sites/index.js';
import type { OfferTable } from '#core/tables.js';

/** `closed`: the site has no such campaign that is open. */
export type FoundByName = Offer | 'nobody' | 'several' | 'closed';

/** More than one is enough to say so. */
const LOOKED_AT = 100;

/**
 * The offer of whoever has this first and last name, in whichever case, in a campaign of type `claim_by_name`: friends who
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
  const { rows } = await sql<Selectable<OfferTable>>`
    select offer.* from site_people person join offers offer on offer.person_id = person.id
    where person.site_id = ${site.id} and lower(person.last_name) = lower(${name.last})
      and lower(person.first_name) = lower(${name.first})
      and offer.campaign_id = any(${campaigns.map(({ id }) => id)})
    order by offer.campaign_id limit ${LOOKED_AT}`.execute(core.db);
  const offers = rows.map(toOffer).filter((offer) => {
    const campaign = campaigns.find(({ id }) => id === offer.campaignId);
    return campaign !== undefined && isOfferOpen(offer, campaign, site, at);
  });
  const [first] = offers;
  if (first === undefined) return 'nobody';
  return offers.every(({ personId }) => personId === first.personId) ? first : 'several';
}
