export type NumberErrorCode =
  | 'number.bad_format'
  | 'number.taken'
  | 'number.not_found'
  /** The account is in development, and nobody proved that the number is theirs. */
  | 'number.not_verified'
  /** It is not a verified number that could be forgotten. */
  | 'number.owned';
