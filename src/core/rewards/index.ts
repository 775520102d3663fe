/** What is given for it. */
export type { RewardErrorCode } from '#core/rewards/errors.js';
export { giveFriendReward, type Friend } from '#core/rewards/give-friend-reward.js';
export { giveReward, type GiveReward } from '#core/rewards/give-reward.js';
export { giveAllWaiting, giveWaiting, WAITING_EVERY_MS } from '#core/rewards/give-waiting.js';
export { rewardFacts, type Reward } from '#core/rewards/reward.js';
