/** Codes, and the lists that they are handed out from. */
export type { CouponErrorCode } from '#core/coupons/errors.js';
export { askForCodes, askWhenFew } from '#core/coupons/ask-for-codes.js';
export { couponFacts, isOver, isUsedUp, type Coupon } from '#core/coupons/coupon.js';
export { normalizeCode } from '#core/coupons/coupon-code.js';
export { findCouponList, toCouponList, type CouponList } from '#core/coupons/coupon-list.js';
export { couponsById, findCoupon } from '#core/coupons/find-coupon.js';
export { putInWanted } from '#core/coupons/put-in-wanted.js';
export { takeCoupon, type TakeCoupon } from '#core/coupons/take-coupon.js';
export { useCoupons, voidCoupon } from '#core/coupons/use-coupons.js';
export { addCouponCodes, MOST_CODES_AT_ONCE, type AddedCodes } from '#core/coupons/add-coupon-codes.js';
export { checkCouponList, type SaveCouponList } from '#core/coupons/check-coupon-list.js';
export { countCodes, listCouponLists, type CountedCouponList } from '#core/coupons/list-coupon-lists.js';
export { removeCouponList, saveCouponList, type SavedCouponList } from '#core/coupons/save-coupon-list.js';
