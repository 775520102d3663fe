import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toOffer, type Offer } from '#core/offers/offer.js';
import { findReferralCampaign, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { toSite, type Site } from '#core/sites/index.js';

/** @throws CoreError `offer.not_found` */
export async function findOffer(core: Pick<Core, 'db'>, site: Pick<Site, 'id'>, code: string): Promise<Offer> {
  const row = await core.db
    .selectFrom('offers')
    .selectAll()
    .where('code', '=', code)
    .where('site_id', '=', site.id)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('offer.not_found', 'No offer found by id.');
  return toOffer(row);
}

/** Whose link this is, of whichever site. Undefined: nobody's. */
export async function offerOfLink(
  core: Pick<Core, 'db'>,
  code: string,
): Promise<{ offer: Offer; site: Site; campaign: ReferralCampaign } | undefined> {
  const row = await core.db.selectFrom('offers').selectAll().where('code', '=', code).executeTakeFirst();
  if (row === undefined) return undefined;
  const offer = toOffer(row);
  const site = toSite(
    await core.db.selectFrom('sites').selectAll().where('id', '=', offer.siteId).executeTakeFirstOrThrow(),
  );
  return { offer, site, campaign: await findReferralCampaign(core, site, offer.campaignId) };
}
