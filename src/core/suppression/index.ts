export { addressHash, type AddressHash } from '#core/suppression/address-hash.js';
export type { SuppressionErrorCode } from '#core/suppression/errors.js';
export { forgetAddress, forgetReviewText } from '#core/suppression/forget-address.js';
export { isSuppressed, stoppingScopes, suppressedAmong, suppressedOf } from '#core/suppression/is-suppressed.js';
export { liftSuppression, type LiftSuppression } from '#core/suppression/lift-suppression.js';
export { allOptOuts, listOptOuts, type OptOutFilter } from '#core/suppression/list-opt-outs.js';
export {
  addOptOuts,
  liftOptOut,
  OPT_OUT_LIMITS,
  reviewOptOut,
  type AddOptOuts,
  type LiftOptOut,
  type ReviewOptOut,
} from '#core/suppression/opt-out-changes.js';
export { hasErased, recallAddresses } from '#core/suppression/recall-addresses.js';
export { suppress, type NewSuppression } from '#core/suppression/suppress.js';
export {
  OPT_OUT_CHANNELS,
  OPT_OUT_SCOPES,
  OPT_OUT_SOURCES,
  type Channel,
  type OptOutChannel,
  type OptOutScope,
  type OptOutSource,
  type Suppression,
  type SuppressionOwner,
} from '#core/suppression/suppression.js';
