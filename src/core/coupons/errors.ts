export type CouponErrorCode =
  | 'coupon.not_found'
  | 'coupon.bad_input'
  /** It is over, used up or taken back. */
  | 'coupon.spent'
  | 'coupon_list.not_found'
  | 'coupon_list.bad_input'
  | 'coupon_list.name_taken'
  | 'coupon_list.in_use';
