export type OriginErrorCode =
  | 'origin.not_found'
  | 'origin.bad_input'
  /** There is one of this number already, with other data. */
  | 'origin.duplicate'
  | 'origin.refunded';
