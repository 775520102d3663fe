import type { Core } from '#core/core.js';
import { arrivalToken } from '#core/offer-claims/arrival.js';
import type { OfferClaim } from '#core/offer-claims/offer-claim.js';
import type { SharedOffer } from '#core/offers/index.js';

/** Where a friend buys: the campaign's page or the shop's, which is told the coupon, the offer and that they come by it. */
export function landingUrl(
  core: Pick<Core, 'clock' | 'secrets'>,
  { offer, site, campaign }: SharedOffer,
  { claim, coupon }: { claim: OfferClaim; coupon: string | null },
): string {
  const url = new URL(campaign.settings.landingUrl ?? site.url);
  if (coupon !== null) url.searchParams.set('coupon', coupon);
  url.searchParams.set('st_offer', offer.code);
  url.searchParams.set('st_visit', arrivalToken(core, claim));
  return url.href;
}
