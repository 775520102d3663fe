/** Who brought whom. */
export { ReferralDecider } from '#core/referrals/decide-due.js';
export { decideReferral } from '#core/referrals/decide-referral.js';
export type { ReferralErrorCode } from '#core/referrals/errors.js';
export { lookAtOne, MOST_REFERRALS, referralsOf, type SeenReferral } from '#core/referrals/find-referrals.js';
export { matchReferral } from '#core/referrals/match-referral.js';
export { payAwaited, payByHand, payUnheard } from '#core/referrals/pay-awaited.js';
export { refundOrigin } from '#core/referrals/refund-origin.js';
export { tellOfHeld } from '#core/referrals/tell-of-held.js';
export { referByHand } from '#core/referrals/refer-by-hand.js';
export { TRACK_METHODS, type Referral } from '#core/referrals/referral.js';
