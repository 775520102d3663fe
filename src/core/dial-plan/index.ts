/** What the digits mean that are dialled at a phone of ours: pure, without database and without phone. */
export {
  isEmergencyOf,
  mayBeEmergency,
  nationalEmergencyNumbers,
  planDial,
  whyReserved,
  type DialConfiguration,
  type Dialled,
} from '#core/dial-plan/dial-plan.js';
export { emergencyNumbers, isEmergencyNumber } from '#core/dial-plan/emergency-numbers.js';
export {
  FEATURE_CODES,
  FIRST_PARKING_PLACE,
  LAST_PARKING_PLACE,
  isParkingPlace,
  type DialledFeature,
  type Feature,
  type FeatureCode,
} from '#core/dial-plan/feature-codes.js';
