import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toReferralCampaign, type ReferralCampaign } from '#core/referral-campaigns/referral-campaign.js';
import type { Site } from '#core/sites/index.js';

/** All of a site, in the order in which they were made. */
export async function listReferralCampaigns(core: Pick<Core, 'db'>, site: Site): Promise<ReferralCampaign[]> {
  const rows = await core.db
    .selectFrom('referral_campaigns')
    .selectAll()
    .where('site_id', '=', site.id)
    .orderBy('id')
    .execute();
  return rows.map(toReferralCampaign);
}

/** @throws CoreError `referral_campaign.not_found` */
export async function findReferralCampaign(
  core: Pick<Core, 'db'>,
  site: Site,
  idOrSlug: number | string,
): Promise<ReferralCampaign> {
  const row = await core.db
    .selectFrom('referral_campaigns')
    .selectAll()
    .where('site_id', '=', site.id)
    .where(typeof idOrSlug === 'number' ? 'id' : 'slug', '=', idOrSlug)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('referral_campaign.not_found', 'No campaign found.');
  return toReferralCampaign(row);
}
