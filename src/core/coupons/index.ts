/** Codes, and the lists that they are handed out from. */
export type { CouponErrorCode } from '#core/coupons/errors.js';
export { askForCodes } from '#core/coupons/ask-for-codes.js';
export { couponFacts, isOver, isUsedUp, type Coupon } from '#core/coupons/coupon.js';
export { findCouponList, toCouponList, type CouponList } from '#core/coupons/coupon-list.js';
export { couponsById, findCoupon } from '#core/coupons/find-coupon.js';
export { putInWanted } from '#core/coupons/put-in-wanted.js';
export { takeCoupon } from '#core/coupons/take-coupon.js';
export { useCoupons, voidCoupon } from '#core/coupons/use-coupons.js';
export { addCouponCodes, MOST_CODES_AT_ONCE, type AddedCodes } from '#core/coupons/add-coupon-codes.js';
export { COUPON_LIST_LIMITS, type SaveCouponList } from '#core/coupons/check-coupon-list.js';
export { countCodes, listCouponLists, type CountedCouponList } from '#core/coupons/list-coupon-lists.js';
export { removeCouponList, saveCouponList, type SavedCouponList } from '#core/coupons/save-coupon-list.js';
