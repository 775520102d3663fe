/** Codes, and the lists that they are handed out from. */
export type { CouponErrorCode } from '#core/coupons/errors.js';
export { askForCodes, askWhenFew } from '#core/coupons/ask-for-codes.js';
export { couponFacts, isOver, isUsedUp, normalizeCode, type Coupon } from '#core/coupons/coupon.js';
export { findCouponList, toCouponList, type CouponList } from '#core/coupons/coupon-list.js';
export { couponsById, findCoupon } from '#core/coupons/find-coupon.js';
export { takeCoupon, type TakeCoupon } from '#core/coupons/take-coupon.js';
export { useCoupons, voidCoupon } from '#core/coupons/use-coupons.js';
