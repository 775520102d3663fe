/** What a site promises to those who recommend it, and to those who come. */
export type { ReferralCampaignErrorCode } from '#core/referral-campaigns/errors.js';
export { campaignFacts, type CampaignFacts } from '#core/referral-campaigns/campaign-facts.js';
export { checkReferralCampaign, type SaveReferralCampaign } from '#core/referral-campaigns/check-referral-campaign.js';
export { refuseOtherPromises } from '#core/referral-campaigns/promised-worth.js';
export { findReferralCampaign, listReferralCampaigns } from '#core/referral-campaigns/find-referral-campaign.js';
export {
  fraudPoliciesOf,
  isForFriend,
  isOpen,
  stateAt,
  toReferralCampaign,
  type CampaignState,
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
  type Saved,
  type SavedCampaign,
} from '#core/referral-campaigns/save-referral-campaign.js';
