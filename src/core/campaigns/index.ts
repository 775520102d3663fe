/** Many people, one message: who is called or texted when, and what became of it. */
export { campaignProgress, type CampaignProgress, type RecipientCounts } from '#core/campaigns/campaign-stats.js';
export { cancelCampaign, pauseCampaign, resumeCampaign, startCampaign } from '#core/campaigns/campaign-states.js';
export { CAMPAIGN_LIMITS, type Campaign, type CampaignContent, type CampaignOwner } from '#core/campaigns/campaign.js';
export type { AskedRetry, CampaignPlan } from '#core/campaigns/check-campaign.js';
export type { NewRecipient, RecipientError, RowProblem } from '#core/campaigns/check-recipients.js';
export { createCampaign, type CreatedCampaign, type NewCampaign } from '#core/campaigns/create-campaign.js';
export type { CampaignErrorCode } from '#core/campaigns/errors.js';
export { CampaignFeeder } from '#core/campaigns/feed-campaigns.js';
export { findCampaign, listCampaigns, type CampaignFilter, type CampaignStory } from '#core/campaigns/find-campaign.js';
export {
  exportRecipients,
  listRecipients,
  listTries,
  type Recipient,
  type RecipientFilter,
} from '#core/campaigns/list-recipients.js';
export { previewCampaign, previewNewCampaign, type CampaignPreview } from '#core/campaigns/preview-campaign.js';
export { recipientRows } from '#core/campaigns/recipient-file.js';
export { STALL_REASONS, type StallReason } from '#core/campaigns/stall-reason.js';
export { deleteCampaign, updateCampaign, type CampaignChange } from '#core/campaigns/update-campaign.js';
