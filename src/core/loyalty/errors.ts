export type LoyaltyErrorCode =
  | 'loyalty_member.not_found'
  | 'loyalty_member.not_active'
  | 'loyalty_member.bad_input'
  /** No loyalty campaign is open for the member. */
  | 'loyalty.no_campaign'
  | 'loyalty.no_action'
  | 'loyalty.bad_input'
  | 'loyalty.not_enough_points'
  /** The balance would be below 0, or above the most. */
  | 'loyalty.out_of_bounds'
  | 'redemption_batch.not_found'
  /** None of its codes is left. */
  | 'redemption_batch.empty';
