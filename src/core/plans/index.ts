/** What accounts pay for, and so may use. */
export { countUsed, MOST_COUNTED } from '#core/plans/count-used.js';
export type { PlanErrorCode } from '#core/plans/errors.js';
export { FEATURE_NAMES, FEATURES, isFeature, type Feature } from '#core/plans/features.js';
export { hasFeature, requireFeature } from '#core/plans/has-feature.js';
export { findPlan, listPlans, planOf, SELF_HOSTED, type Plan } from '#core/plans/plan.js';
export { removePlan } from '#core/plans/remove-plan.js';
export { setAccountPlan } from '#core/plans/set-account-plan.js';
export { setPlan, type SetPlan } from '#core/plans/set-plan.js';
