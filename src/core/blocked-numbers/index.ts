/** Callers whom an account turns away. */
export { blockNumber, BLOCKED_NUMBER_LIMITS, type BlockNumber } from '#core/blocked-numbers/block-number.js';
export type { BlockedNumberErrorCode } from '#core/blocked-numbers/errors.js';
export {
  findBlockedNumber,
  isBlocked,
  listBlockedNumbers,
  type BlockedNumber,
  type BlockedNumberOwner,
} from '#core/blocked-numbers/find-blocked-number.js';
export { unblockNumber, type UnblockNumber } from '#core/blocked-numbers/unblock-number.js';
