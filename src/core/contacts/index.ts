/** People outside whom the account knows, by their number; one address book for all doors. */
export { FIELD_LIMITS, TAG_LIMITS, type ContactDetails, type ContactFields } from '#core/contacts/contact-fields.js';
export { contactRows } from '#core/contacts/contact-rows.js';
export { importContacts, type ImportContacts } from '#core/contacts/import-contacts.js';
export { CONTACT_DETAILS, type Contact, type ContactOwner } from '#core/contacts/contact.js';
export type { ContactErrorCode } from '#core/contacts/errors.js';
export { findContact, listContacts, type ContactFilter } from '#core/contacts/find-contact.js';
export { removeContact } from '#core/contacts/remove-contact.js';
export {
  CONTACTS_AT_ONCE_MAX,
  upsertContacts,
  type UpsertContacts,
  type Upserted,
} from '#core/contacts/upsert-contacts.js';
