/** Members and their points. */
export { adjustPoints, type AdjustPoints } from '#core/loyalty/adjust-points.js';
export { collectForOrigin, collectForReferral, type CollectedOrigin } from '#core/loyalty/collect-for.js';
export { collectReported } from '#core/loyalty/collect-reported.js';
export type { LoyaltyErrorCode } from '#core/loyalty/errors.js';
export { findActiveMember, findMember, findMemberInCampaign, type FoundMember } from '#core/loyalty/find-member.js';
export { joinLoyalty } from '#core/loyalty/join-loyalty.js';
export { describeActions, listActions, type DescribedAction } from '#core/loyalty/list-actions.js';
export type { ActionDetails, LoyaltyAction } from '#core/loyalty/loyalty-action.js';
export { MOST_POINTS, type LoyaltyMember } from '#core/loyalty/loyalty-member.js';
export { redeemPoints, type RedeemPoints } from '#core/loyalty/redeem-points.js';
export { listRedemptionBatches, type RedemptionBatch } from '#core/loyalty/redemption-batches.js';
export { takeBackForOrigin, takeBackForReferral } from '#core/loyalty/take-back-points.js';
export { updateMember, type UpdateMember } from '#core/loyalty/update-member.js';
export type { Acted } from '#core/loyalty/write-action.js';
