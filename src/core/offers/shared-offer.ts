import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toOffer, type Offer } from '#core/offers/offer.js';
import { findReferralCampaign, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { toSite, type Site } from '#core/sites/index.js';

/** An offer as advocates pass it on and friends come by it: with whose it is, and what is promised. */
export interface SharedOffer {
  offer: Offer;
  site: Site;
  campaign: ReferralCampaign;
}

/** @throws CoreError `offer.not_found` */
export async function findSharedOffer(core: Pick<Core, 'db'>, site: Site, code: string): Promise<SharedOffer> {
  const found = await load(core, { code }, site);
  if (found === undefined) throw new CoreError('offer.not_found', 'No offer found by id.');
  return found;
}

/** Whose link this is, of whichever site. Undefined: nobody's. */
export function offerOfLink(core: Pick<Core, 'db'>, code: string): Promise<SharedOffer | undefined> {
  return load(core, { code });
}

/** One that something else of the database names. */
export async function sharedOfferById(core: Pick<Core, 'db'>, id: number): Promise<SharedOffer> {
  const found = await load(core, { id });
  if (found === undefined) throw new Error(`there is no offer ${id}`);
  return found;
}

async function load(
  core: Pick<Core, 'db'>,
  by: { code: string } | { id: number },
  of?: Site,
): Promise<SharedOffer | undefined> {
  const all = core.db.selectFrom('offers').selectAll();
  const one = 'code' in by ? all.where('code', '=', by.code) : all.where('id', '=', by.id);
  const row = await (of === undefined ? one : one.where('site_id', '=', of.id)).executeTakeFirst();
  if (row === undefined) return undefined;
  const offer = toOffer(row);
  const site = of ?? (await siteById(core, offer.siteId));
  return { offer, site, campaign: await findReferralCampaign(core, site, offer.campaignId) };
}

async function siteById(core: Pick<Core, 'db'>, id: string): Promise<Site> {
  return toSite(await core.db.selectFrom('sites').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
}
