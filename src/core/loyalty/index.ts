/** Members and their points. */
export type { LoyaltyErrorCode } from '#core/loyalty/errors.js';
