export type CampaignErrorCode =
  | 'campaign.bad_input'
  | 'campaign.not_found'
  | 'campaign.sender_not_owned'
  | 'campaign.wrong_state'
  | 'campaign.no_list';
