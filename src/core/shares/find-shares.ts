import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { sharedOfferById, toOffer, type SharedOffer } from '#core/offers/index.js';
import { findReferralCampaign } from '#core/referral-campaigns/index.js';
import { toShare, type Share } from '#core/shares/share.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/** In one answer, the newest. */
const MOST = 1000;

/** Whose link this is, of whichever site. Undefined: nobody's. */
export async function shareOfLink(
  core: Pick<Core, 'db'>,
  code: string,
): Promise<(SharedOffer & { share: Share }) | undefined> {
  const row = await core.db.selectFrom('shares').selectAll().where('code', '=', code).executeTakeFirst();
  if (row === undefined) return undefined;
  return { share: toShare(row), ...(await sharedOfferById(core, row.offer_id)) };
}

/** A share, and what came of it. */
export type ShareOf = SharedOffer & {
  share: Share;
  /** Whom it was sent to, or who said by it who they are. */
  friends: number;
  clicks: number;
};

/** What somebody shared, the newest first. */
export async function listSharesBy(core: Pick<Core, 'db'>, site: Site, person: SitePerson): Promise<ShareOf[]> {
  const rows = await core.db
    .selectFrom('shares')
    .innerJoin('offers', 'offers.id', 'shares.offer_id')
    .selectAll('shares')
    .where('offers.person_id', '=', person.id)
    .where('shares.site_id', '=', site.id)
    .orderBy('shares.id', 'desc')
    .limit(MOST)
    .execute();
  return withCounts(core, site, rows.map(toShare));
}

async function withCounts(core: Pick<Core, 'db'>, site: Site, shares: readonly Share[]): Promise<ShareOf[]> {
  if (shares.length === 0) return [];
  const offerIds = [...new Set(shares.map(({ offerId }) => offerId))];
  const offers = (await core.db.selectFrom('offers').selectAll().where('id', 'in', offerIds).execute()).map(toOffer);
  const campaignIds = [...new Set(offers.map(({ campaignId }) => campaignId))];
  const campaigns = await Promise.all(campaignIds.map((id) => findReferralCampaign(core, site, id)));
  const ids = shares.map(({ id }) => id);
  const { rows } = await sql<{ id: number; friends: number; clicks: number }>`
    select share.id,
      case share.channel
        when 'email' then (select count(*)::int from share_recipients where share_id = share.id)
        else (
          select count(distinct person_id)::int from offer_claims
          where offer_id = share.offer_id and share_id = share.id
            and person_id <> (select person_id from offers where id = share.offer_id)
        )
      end as friends,
      (select count(*)::int from offer_claims where offer_id = share.offer_id and share_id = share.id) as clicks
    from shares share where share.id = any(${ids})`.execute(core.db);
  const counts = new Map(rows.map((row) => [row.id, row]));
  return shares.map((share) => {
    const offer = offers.find(({ id }) => id === share.offerId);
    const campaign = campaigns.find(({ id }) => id === offer?.campaignId);
    if (offer === undefined || campaign === undefined) throw new Error(`share ${share.id} is of no offer`);
    const { friends = 0, clicks = 0 } = counts.get(share.id) ?? {};
    return { share, site, offer, campaign, friends, clicks };
  });
}
