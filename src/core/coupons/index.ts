/** Codes, and the lists that they are handed out from. */
export type { CouponErrorCode } from '#core/coupons/errors.js';
