import type { VisitedOffer } from '#core/offer-claims/record-claim.js';

/** Where a friend buys: the campaign's page or the shop's, which is told the coupon, the offer and the browser. */
export function landingUrl(
  { offer, site, campaign }: VisitedOffer,
  { coupon, visitor }: { coupon: string | null; visitor: string | null },
): string {
  const url = new URL(campaign.settings.landingUrl ?? site.url);
  if (coupon !== null) url.searchParams.set('coupon', coupon);
  url.searchParams.set('st_offer', offer.code);
  if (visitor !== null) url.searchParams.set('st_visitor', visitor);
  return url.href;
}
