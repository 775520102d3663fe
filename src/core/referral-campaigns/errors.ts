export type ReferralCampaignErrorCode =
  | 'referral_campaign.not_found'
  | 'referral_campaign.bad_input'
  | 'referral_campaign.slug_taken'
  | 'referral_campaign.in_use';
