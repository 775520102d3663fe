export type CouponErrorCode =
  'coupon_list.not_found' | 'coupon_list.bad_input' | 'coupon_list.name_taken' | 'coupon_list.in_use';
