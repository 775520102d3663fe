export type BillingErrorCode =
  | 'price.bad_input'
  | 'price.unknown_unit'
  | 'wallet.bad_input'
  /** What was asked for costs more than can be spent. */
  | 'wallet.insufficient_funds'
  /** Amounts have been entered in the currency that the account has. */
  | 'wallet.currency_fixed'
  | 'wallet.unknown_entry';
