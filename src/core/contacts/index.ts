/** People outside whom the account knows, by their number; one address book for all doors. */
export { BASIS_CHARACTERS, listConsents, type Consent, type ConsentChannel } from '#core/contacts/consents.js';
export {
  addMembers,
  createList,
  LIST_LIMITS,
  removeList,
  removeMembers,
  renameList,
} from '#core/contacts/change-lists.js';
export { EXTRA_LIMITS, type ContactExtras, type LabelledNumber } from '#core/contacts/contact-extras.js';
export { CONTACT_COLUMNS } from '#core/contacts/contact-file.js';
export { FIELD_LIMITS, TAG_LIMITS, type ContactDetails, type ContactFields } from '#core/contacts/contact-fields.js';
export { contactRows } from '#core/contacts/contact-rows.js';
export { withStanding, type ContactStory } from '#core/contacts/contact-standing.js';
export { CONTACT_DETAILS, DETAIL_NAMES, type Contact, type ContactOwner } from '#core/contacts/contact.js';
export { erasePerson, type Erased, type ErasePerson } from '#core/contacts/erase-person.js';
export { exportContacts, type ExportFilter } from '#core/contacts/export-contacts.js';
export type { ContactErrorCode } from '#core/contacts/errors.js';
export {
  findContact,
  hasNumber,
  listContacts,
  SEARCH_CHARACTERS,
  type ContactFilter,
  type ContactWish,
} from '#core/contacts/find-contact.js';
export { findList, listLists, type ContactList } from '#core/contacts/find-list.js';
export { homeCountry } from '#core/contacts/home-country.js';
export { importContacts, type ImportContacts } from '#core/contacts/import-contacts.js';
export { removeContact } from '#core/contacts/remove-contact.js';
export { updateContact, type UpdateContact } from '#core/contacts/update-contact.js';
export {
  CONTACTS_AT_ONCE_MAX,
  upsertContacts,
  type NewContact,
  type UpsertContacts,
  type Upserted,
} from '#core/contacts/upsert-contacts.js';
export type { StandingChanges } from '#core/contacts/write-standing.js';
export { pageContacts } from '#core/contacts/page-contacts.js';
export { listTombstones, pageTombstones, type Tombstone } from '#core/contacts/contact-tombstones.js';
