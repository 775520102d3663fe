export type ReferralProgrammeErrorCode =
  | 'origin_batch.not_found'
  | 'origin_batch.bad_input'
  /** So many of the site are open already. */
  | 'origin_batch.too_many';
