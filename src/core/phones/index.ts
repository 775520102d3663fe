export { addPhone, type AddedPhone, type AddPhone } from '#core/phones/add-phone.js';
export type { PhoneErrorCode } from '#core/phones/errors.js';
export { findPhoneById, type FoundPhone } from '#core/phones/find-phone.js';
export { listPhones, type ListedPhone, type PhoneRegistration } from '#core/phones/list-phones.js';
export type { PhoneSettings } from '#core/phones/phone-settings.js';
export { recordRegistration } from '#core/phones/record-registration.js';
export { removePhone } from '#core/phones/remove-phone.js';
export { setPhone, type SetPhone } from '#core/phones/set-phone.js';
export { readPhoneConfigs } from '#core/phones/phone-configs.js';
