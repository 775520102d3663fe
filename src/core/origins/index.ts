/** Purchases, events, and those who want to recommend: where every offer and every referral begins. */
export { boughtBefore } from '#core/origins/bought-before.js';
export type { OriginErrorCode } from '#core/origins/errors.js';
export { findOrigin, originById, type NumberedKind } from '#core/origins/find-origin.js';
export { checkOrigin, LONGEST_NUMBER, type NewOrigin } from '#core/origins/new-origin.js';
export { originFacts } from '#core/origins/origin-facts.js';
export {
  CATEGORY_RULE,
  categoryOf,
  isCategory,
  isEventCategory,
  isRefundedWhole,
  LONGEST_CATEGORY,
  toOrigin,
  type Origin,
  type OriginItem,
} from '#core/origins/origin.js';
export { addressOfRepeated, writeOrigin } from '#core/origins/write-origin.js';
