export type ReferralMetricErrorCode = 'metric.not_found' | 'metric.bad_input';
