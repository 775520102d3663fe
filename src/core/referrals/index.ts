/** Who brought whom. */
export type { ReferralErrorCode } from '#core/referrals/errors.js';
