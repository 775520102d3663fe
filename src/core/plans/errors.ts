export type PlanErrorCode =
  | 'plan.not_found'
  | 'plan.bad_input'
  | 'plan.fixed'
  | 'plan.in_use'
  /** The plan of the account lacks what was asked for. */
  | 'plan.feature_missing';
