/** What a site promises to those who recommend it, and to those who come. */
export type { ReferralCampaignErrorCode } from '#core/referral-campaigns/errors.js';
export { CAMPAIGN_LIMITS } from '#core/referral-campaigns/campaign-limits.js';
export { campaignFacts } from '#core/referral-campaigns/campaign-facts.js';
export { type SaveReferralCampaign } from '#core/referral-campaigns/check-referral-campaign.js';
export { refuseOtherPromises } from '#core/referral-campaigns/promised-worth.js';
export { findReferralCampaign, listReferralCampaigns } from '#core/referral-campaigns/find-referral-campaign.js';
export {
  fraudPoliciesOf,
  isForFriend,
  isFriendsCoupon,
  isOpen,
  makesOffers,
  stateAt,
  toReferralCampaign,
  type Incentive,
  type IncentiveCriteria,
  type LoyaltyRule,
  type LoyaltyRules,
  type ReferralCampaign,
  type ReferralCampaignSettings,
} from '#core/referral-campaigns/referral-campaign.js';
export { redemptionBatchesOf, type RedemptionBatch } from '#core/referral-campaigns/redemption-batches.js';
export {
  removeReferralCampaign,
  saveReferralCampaign,
  type SavedCampaign,
} from '#core/referral-campaigns/save-referral-campaign.js';
