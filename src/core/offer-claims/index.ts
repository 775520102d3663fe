/** Friends who came by an offer. */
export { arrive } from '#core/offer-claims/arrival.js';
export { claimAs, type ClaimedAs } from '#core/offer-claims/claim-as.js';
export { agreeByLetter, readConsentLink } from '#core/offer-claims/agree-by-letter.js';
export type { OfferClaimErrorCode } from '#core/offer-claims/errors.js';
export { landingUrl } from '#core/offer-claims/landing-url.js';
export { recordClaim, type Visit } from '#core/offer-claims/record-claim.js';
