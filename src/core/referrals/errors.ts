export type ReferralErrorCode =
  | 'referral.not_found'
  | 'referral.bad_input'
  /** It was approved or voided, and stays so. */
  | 'referral.decided';
