/** Who sends what over which numbers, as registered with the networks (rule 6). */
export { CAMPAIGN_TYPES, CAPS, type CampaignType, type Caps } from '#core/registrations/caps.js';
export {
  addRegistration,
  assignNumbers,
  removeRegistration,
  updateRegistration,
  type AddRegistration,
  type RegistrationFields,
} from '#core/registrations/change-registrations.js';
export type { RegistrationErrorCode } from '#core/registrations/errors.js';
export {
  listRegistrations,
  REGISTRATION_STATES,
  type Registration,
  type RegistrationOwner,
} from '#core/registrations/registration.js';
export {
  sendingCapsOf,
  unregisteredAmong,
  type CappedSender,
  type SendingCap,
} from '#core/registrations/sending-caps.js';
