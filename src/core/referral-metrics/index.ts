/** What it all came to. */
export type { ReferralMetricErrorCode } from '#core/referral-metrics/errors.js';
