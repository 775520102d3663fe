import type { Selectable } from 'kysely';
import type { E164 } from '#core/address.js';
import type { ContactTable, Mode } from '#core/tables.js';

/** Whose contacts: those of one account in one mode never meet others. */
export interface ContactOwner {
  accountId: string;
  mode: Mode;
}

/** What is known of a contact beside the number, each with the most characters it can have. */
export const CONTACT_DETAILS = { name: 200, company: 200, email: 254, city: 100, region: 100, country: 100 } as const;
export type ContactDetail = keyof typeof CONTACT_DETAILS;
export const DETAIL_NAMES = Object.keys(CONTACT_DETAILS) as ContactDetail[];

/** Somebody outside, known by the number. */
export interface Contact extends Record<ContactDetail, string | null> {
  id: string;
  phone: E164;
  createdAt: Date;
  /** When something of it changed last. */
  updatedAt: Date;
}

export function toContact({ id, phone, created_at, updated_at, ...row }: Selectable<ContactTable>): Contact {
  const { name, company, email, city, region, country } = row;
  // Only E.164 is ever written to the table (contact-fields.ts).
  const number = phone as E164;
  return {
    id,
    phone: number,
    name,
    company,
    email,
    city,
    region,
    country,
    createdAt: created_at,
    updatedAt: updated_at,
  };
}
