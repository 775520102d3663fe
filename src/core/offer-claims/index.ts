/** Friends who came by an offer. */
export { arrive } from '#core/offer-claims/arrival.js';
export { claimAs, type ClaimedAs, type FriendSays } from '#core/offer-claims/claim-as.js';
export { agreeByLetter, readConsentLink, type Agreed } from '#core/offer-claims/agree-by-letter.js';
export type { OfferClaimErrorCode } from '#core/offer-claims/errors.js';
export { landingUrl } from '#core/offer-claims/landing-url.js';
export { toOfferClaim, type OfferClaim } from '#core/offer-claims/offer-claim.js';
export { friendOfferEnd } from '#core/offer-claims/offer-end.js';
export { recordClaim, type Visit } from '#core/offer-claims/record-claim.js';
