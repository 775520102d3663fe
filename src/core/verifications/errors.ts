export type VerificationErrorCode =
  /** A field of the request, or a setting of the policy, cannot be used; `field` names it. */
  | 'verification.bad_input'
  /** Too many codes for this number, or too few of them used; `retryAfterSeconds` says when to come back. */
  | 'verification.rate_limited'
  /** The call that would have spoken the code could not be placed. */
  | 'verification.not_placed'
  | 'verification.insufficient_funds'
  | 'verification.not_found'
  /** The code was the client's own, who checks it too. */
  | 'verification.not_verifiable'
  | 'verification.unknown_setting';
