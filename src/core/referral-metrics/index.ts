/** What it all came to. */
export {
  calculateMetric,
  segmentMetric,
  type MetricFilter,
  type MetricSegment,
  type MetricValue,
  type SegmentBy,
} from '#core/referral-metrics/calculate-metric.js';
export type { ReferralMetricErrorCode } from '#core/referral-metrics/errors.js';
export { METRICS, type MetricResultType } from '#core/referral-metrics/metrics.js';
export { PERIODS } from '#core/referral-metrics/periods.js';
