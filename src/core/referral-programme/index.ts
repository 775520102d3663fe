/** What a shop says, and all that comes of it: points, referrals, offers. It stands above the features that it leads through. */
export { acceptBatch, MOST_BATCH_ROWS, type BatchRow } from '#core/referral-programme/accept-batch.js';
export { createOrigin } from '#core/referral-programme/create-origin.js';
export type { ReferralProgrammeErrorCode } from '#core/referral-programme/errors.js';
export { OriginBatchRunner } from '#core/referral-programme/origin-batch-runner.js';
export { findOriginBatch, listBatchErrors } from '#core/referral-programme/origin-batch.js';
export { shareAndClaim } from '#core/referral-programme/share-and-claim.js';
