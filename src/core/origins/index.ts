/** Purchases, events, and those who want to recommend: where every offer and every referral begins. */
export { acceptBatch, MOST_BATCH_ROWS, MOST_OPEN_BATCHES, type BatchRow } from '#core/origins/accept-batch.js';
export { createOrigin, type CreatedOrigin } from '#core/origins/create-origin.js';
export type { OriginErrorCode } from '#core/origins/errors.js';
export { findOrigin } from '#core/origins/find-origin.js';
export { LONGEST_CATEGORY, LONGEST_NUMBER, type NewOrigin } from '#core/origins/new-origin.js';
export { OriginBatchRunner } from '#core/origins/origin-batch-runner.js';
export {
  findOriginBatch,
  listBatchErrors,
  type OriginBatch,
  type OriginBatchError,
} from '#core/origins/origin-batch.js';
export { originFacts } from '#core/origins/origin-facts.js';
export { shareAndClaim, type ShareAndClaim } from '#core/origins/share-and-claim.js';
export { toOrigin, type Origin, type OriginItem } from '#core/origins/origin.js';
