import type { SharedOffer } from '#core/offers/index.js';

/** Where a friend buys: the campaign's page or the shop's, which is told the coupon, the offer and the browser. */
export function landingUrl(
  { offer, site, campaign }: SharedOffer,
  { coupon, visitor }: { coupon: string | null; visitor: string | null },
): string {
  const url = new URL(campaign.settings.landingUrl ?? site.url);
  if (coupon !== null) url.searchParams.set('coupon', coupon);
  url.searchParams.set('st_offer', offer.code);
  if (visitor !== null) url.searchParams.set('st_visitor', visitor);
  return url.href;
}
