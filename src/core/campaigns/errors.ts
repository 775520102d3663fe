export type CampaignErrorCode =
  | 'campaign.bad_input'
  | 'campaign.duplicate'
  | 'campaign.not_found'
  | 'campaign.sender_not_registered'
  | 'campaign.no_caller_name'
  | 'campaign.sender_not_owned'
  | 'campaign.wrong_state'
  | 'campaign.no_list';
