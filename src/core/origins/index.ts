/** Purchases, events, and those who want to recommend: where every offer and every referral begins. */
export type { OriginErrorCode } from '#core/origins/errors.js';
export { toOrigin, type Origin, type OriginItem } from '#core/origins/origin.js';
