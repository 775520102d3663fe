/** What advocates are shown of themselves, and how friends find them without a link. */
export { findOfferByName, type FoundByName } from '#core/advocates/find-offer-by-name.js';
export { leadersOf, type Leader } from '#core/advocates/leaders.js';
export { offerInCampaign } from '#core/advocates/offer-in-campaign.js';
export { progressOf, rewardsOfAdvocate, type AdvocateProgress } from '#core/advocates/progress.js';
export { tiersOf, type Tier } from '#core/advocates/tiers.js';
export { codesWaitingFor, type CodesWaiting } from '#core/advocates/codes-waiting.js';
