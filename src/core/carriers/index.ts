/** Those who carry texts: what is known of each, how it does, and which one a text takes. */
export { CARRIER_KINDS } from '#carriers/carrier.js';
export { addCarrier, type AddCarrier } from '#core/carriers/add-carrier.js';
export { answerCallback, type AskedCallback } from '#core/carriers/answer-callback.js';
export { callbackUrl } from '#core/carriers/callback-url.js';
export {
  carriersFor,
  MOST_CARRIERS,
  reaches,
  readCarriers,
  withMedia,
  type CarrierWay,
} from '#core/carriers/carrier-choice.js';
export {
  CARRIERS_CHANNEL,
  configureCarriers,
  readCarrierConfigs,
  type ConfiguringCore,
} from '#core/carriers/carrier-configuration.js';
export type { CarrierChanges } from '#core/carriers/carrier-fields.js';
export { recordCarrierState, type KnownCarrierState } from '#core/carriers/carrier-state.js';
export { findCarrier, type TextCarrier } from '#core/carriers/carrier-store.js';
export type { CarrierErrorCode } from '#core/carriers/errors.js';
export { TEMPLATE_PLACEHOLDERS } from '#core/carriers/http-template.js';
export { listCarriers, showCarrier, type ListedCarrier } from '#core/carriers/list-carriers.js';
export { removeCarrier } from '#core/carriers/remove-carrier.js';
export { testCarrier, type CarrierTest } from '#core/carriers/test-carrier.js';
export { updateCarrier, type UpdateCarrier } from '#core/carriers/update-carrier.js';
