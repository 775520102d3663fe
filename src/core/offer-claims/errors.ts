export type OfferClaimErrorCode =
  /** Too many friends came from one address. */
  'offer_claim.too_many';
