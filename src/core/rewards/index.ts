/** What is given for it. */
export { askForWaiting } from '#core/rewards/ask-for-waiting.js';
export { couponChecks, type CouponChecks } from '#core/rewards/coupon-permission.js';
export {
  MOST_REWARDS,
  rewardOfCoupon,
  rewardsOfPerson,
  rewardsOfReferrals,
  rewardsOfVisitor,
} from '#core/rewards/find-rewards.js';
export {
  adoptFriendReward,
  friendOnce,
  giveFriendReward,
  isAdvocatesBrowser,
} from '#core/rewards/give-friend-reward.js';
export { giveIncentives } from '#core/rewards/give-incentives.js';
export { giveReward } from '#core/rewards/give-reward.js';
export { giveAllWaiting, giveWaiting, WAITING_EVERY_MS } from '#core/rewards/give-waiting.js';
export { handInCodes } from '#core/rewards/hand-in-codes.js';
export { handInWanted } from '#core/rewards/hand-in-wanted.js';
export { payUnpaid } from '#core/rewards/pay-unpaid.js';
export { takeBackRewards, type TakenBack } from '#core/rewards/take-back-rewards.js';
export { giveToMailbox } from '#core/rewards/give-to-mailbox.js';
export { rewardFacts, type Reward } from '#core/rewards/reward.js';
