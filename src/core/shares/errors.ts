export type ShareErrorCode =
  | 'share.bad_input'
  /** The offer is over. */
  | 'share.ended';
