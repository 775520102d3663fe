import type { Selectable } from 'kysely';
import type { E164 } from '#core/address.js';
import type { LabelledNumber } from '#core/contacts/contact-extras.js';
import type { ContactTable, Mode } from '#core/tables.js';

/** Whose contacts: those of one account in one mode never meet others. */
export interface ContactOwner {
  accountId: string;
  mode: Mode;
}

/** What is known of a contact beside the number, each with the most characters it can have. */
export const CONTACT_DETAILS = {
  name: 200,
  first_name: 100,
  last_name: 100,
  company: 200,
  email: 254,
  city: 100,
  region: 100,
  country: 100,
  /** Of the system that the contact comes from; no two contacts of an account have the same. */
  external_id: 200,
  /** IANA. */
  time_zone: 64,
} as const;
export type ContactDetail = keyof typeof CONTACT_DETAILS;
export const DETAIL_NAMES = Object.keys(CONTACT_DETAILS) as ContactDetail[];

/** Somebody outside, known by the number. */
export interface Contact extends Record<ContactDetail, string | null> {
  id: string;
  phone: E164;
  /** Of that number: "work". */
  phoneLabel: string | null;
  /** Further numbers and addresses of the same person. */
  otherNumbers: LabelledNumber[];
  otherEmails: string[];
  /** Whatever else the account wants to know, by its own names. */
  fields: Record<string, string>;
  /** In alphabetical order. */
  tags: string[];
  createdAt: Date;
  /** When something of it changed last. */
  updatedAt: Date;
}

export function toContact(row: Selectable<ContactTable>): Contact {
  const { id, phone, fields, tags, created_at, updated_at } = row;
  const details = Object.fromEntries(DETAIL_NAMES.map((name) => [name, row[name]])) as Record<
    ContactDetail,
    string | null
  >;
  // Only E.164 is ever written to the table (contact-fields.ts).
  return {
    ...{ id, phone: phone as E164, phoneLabel: row.phone_label },
    ...{ otherNumbers: row.other_numbers, otherEmails: row.other_emails },
    ...details,
    ...{ fields, tags, createdAt: created_at, updatedAt: updated_at },
  };
}
