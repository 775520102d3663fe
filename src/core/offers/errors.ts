export type OfferErrorCode =
  | 'offer.not_found'
  | 'offer.bad_input'
  /** Nothing is open that could be offered. */
  | 'offer.no_campaign'
  | 'visitor_offer.not_found';
