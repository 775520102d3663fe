/** What is given for it. */
export type { RewardErrorCode } from '#core/rewards/errors.js';
