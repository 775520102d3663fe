import type { Core } from '#core/core.js';
import type { Offer } from '#core/offers/offer.js';
import type { ReferralCampaign } from '#core/referral-campaigns/index.js';

/** What is told of an offer, and is written elsewhere. */
export interface OfferDetails {
  /** The advocate's. */
  email: string | null;
  /** When the codes of a coupon list end, by the list's id; absent: never, or so long after the hand-out. */
  couponEnds: Map<number, Date>;
}

export async function offerDetails(
  core: Pick<Core, 'db'>,
  offer: Offer,
  campaign: ReferralCampaign,
): Promise<OfferDetails> {
  const lists = campaign.settings.incentives.flatMap(({ couponListId }) => couponListId ?? []);
  const rows = await core.db
    .selectFrom('site_people')
    .leftJoin('coupon_lists', (join) =>
      join
        .onRef('coupon_lists.site_id', '=', 'site_people.site_id')
        .on('coupon_lists.id', 'in', lists.length === 0 ? [0] : lists)
        .on('coupon_lists.expires_at', 'is not', null),
    )
    .select(['site_people.email', 'coupon_lists.id', 'coupon_lists.expires_at'])
    .where('site_people.id', '=', offer.personId)
    .execute();
  return {
    email: rows[0]?.email ?? null,
    couponEnds: new Map(
      rows.flatMap(({ id, expires_at: end }) => (id === null || end === null ? [] : [[id, end] as const])),
    ),
  };
}
