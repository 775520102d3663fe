export type OriginErrorCode =
  | 'origin.not_found'
  /** A purchase and an event have this name. */
  | 'origin.ambiguous'
  | 'origin.bad_input'
  /** There is one of this number already, with other data. */
  | 'origin.duplicate'
  | 'origin.refunded';
