export type RewardErrorCode = 'reward.bad_input' | 'reward.not_found';
