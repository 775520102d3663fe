export type RoutingErrorCode =
  | 'routing.bad_input'
  | 'routing.not_found'
  /** The whole would not be right: each problem with its path. */
  | 'routing.refused'
  /** Others lead there: each with its path. */
  | 'routing.in_use';
