export type OriginErrorCode =
  | 'origin.not_found'
  | 'origin.bad_input'
  /** There is one of this number already, with other data. */
  | 'origin.duplicate'
  | 'origin.refunded'
  | 'origin_batch.not_found'
  | 'origin_batch.bad_input'
  /** So many of the site are open already. */
  | 'origin_batch.too_many';
