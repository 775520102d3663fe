/** What advocates are shown of themselves, and how friends find them without a link. */
export { findOfferByName } from '#core/advocates/find-offer-by-name.js';
export { leadersOf, type Leader } from '#core/advocates/leaders.js';
export { offerInCampaign } from '#core/advocates/offer-in-campaign.js';
export { milestonesGiven, progressOf, rewardsOfAdvocate } from '#core/advocates/progress.js';
export { tiersOf, type Tier } from '#core/advocates/tiers.js';
export { codesWaitingFor } from '#core/advocates/codes-waiting.js';
