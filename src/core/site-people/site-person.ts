import type { Selectable } from 'kysely';
import type { SitePersonTable } from '#core/tables.js';

/** Somebody whom a site knows: who recommends it, or was recommended to it. */
export interface SitePerson {
  id: number;
  siteId: string;
  /** Lower case. */
  email: string | null;
  /** The mailbox behind the address, by which two spellings of it are known for one. */
  mailbox: string | null;
  phone: string | null;
  username: string | null;
  customerId: string | null;
  firstName: string | null;
  lastName: string | null;
  properties: Record<string, string>;
  subChoice: string | null;
  subscribedAt: Date | null;
  optedInAt: Date | null;
  unsubscribedAt: Date | null;
  anonymizedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export function toSitePerson(row: Selectable<SitePersonTable>): SitePerson {
  return {
    id: row.id,
    siteId: row.site_id,
    email: row.email,
    mailbox: row.mailbox,
    phone: row.phone,
    username: row.username,
    customerId: row.customer_id,
    firstName: row.first_name,
    lastName: row.last_name,
    properties: row.properties,
    subChoice: row.sub_choice,
    subscribedAt: row.subscribed_at,
    optedInAt: row.opted_in_at,
    unsubscribedAt: row.unsubscribed_at,
    anonymizedAt: row.anonymized_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
