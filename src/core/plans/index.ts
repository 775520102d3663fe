/** What accounts pay for, and so may use. */
export type { PlanErrorCode } from '#core/plans/errors.js';
export { FEATURE_NAMES, FEATURES, isFeature, type Feature } from '#core/plans/features.js';
export { hasFeature, requireFeature } from '#core/plans/has-feature.js';
