/** What advocates pass on, and the friends who come by it. */
export type { OfferErrorCode } from '#core/offers/errors.js';
export { toOffer, type Offer } from '#core/offers/offer.js';
