/** What it all came to. */
export {
  calculateMetric,
  segmentMetric,
  type MetricFilter,
  type MetricValue,
} from '#core/referral-metrics/calculate-metric.js';
export type { ReferralMetricErrorCode } from '#core/referral-metrics/errors.js';
export { METRICS } from '#core/referral-metrics/metrics.js';
