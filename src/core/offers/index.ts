/** What advocates pass on, and the friends who come by it. */
export { advocateEnd, isPassedOn, offerEnd } from '#core/offers/advocate-end.js';
export { checkLinkChannels, LINK_CHANNELS, type LinkChannel } from '#core/offers/channels.js';
export { isClaimLinkOpen, isOfferOpen } from '#core/offers/claim-link-open.js';
export type { OfferErrorCode } from '#core/offers/errors.js';
export { findOffer } from '#core/offers/find-offer.js';
export { advocatePage, claimLink, shareLink } from '#core/offers/links.js';
export { offerDetails } from '#core/offers/offer-details.js';
export { offerFacts } from '#core/offers/offer-facts.js';
export { toOffer, type Offer } from '#core/offers/offer.js';
export { findSharedOffer, offerOfLink, sharedOfferById, type SharedOffer } from '#core/offers/shared-offer.js';
export { listTrafficSources } from '#core/offers/traffic-sources.js';
export { trackVisit } from '#core/offers/visits.js';
