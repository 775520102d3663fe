/** Members and their points. */
export { adjustPoints } from '#core/loyalty/adjust-points.js';
export { collectForOrigin, collectForReferral } from '#core/loyalty/collect-for.js';
export { collectReported } from '#core/loyalty/collect-reported.js';
export type { LoyaltyErrorCode } from '#core/loyalty/errors.js';
export { findActiveMember, findMember, findMemberInCampaign, type FoundMember } from '#core/loyalty/find-member.js';
export { joinLoyalty } from '#core/loyalty/join-loyalty.js';
export { describeActions, listActions, type DescribedAction } from '#core/loyalty/list-actions.js';
export type { LoyaltyAction } from '#core/loyalty/loyalty-action.js';
export { MOST_POINTS } from '#core/loyalty/loyalty-member.js';
export { redeemPoints } from '#core/loyalty/redeem-points.js';
export { listRedemptionBatches, type RedemptionBatch } from '#core/loyalty/redemption-batches.js';
export { takeBackForOrigin, takeBackForReferral } from '#core/loyalty/take-back-points.js';
export { updateMember } from '#core/loyalty/update-member.js';
