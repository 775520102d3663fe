import { sql, type Selectable, type Transaction } from 'kysely';
import type { Core, Db } from '#core/core.js';
import { newId } from '#core/ids.js';
import { findContact } from '#core/contacts/find-contact.js';
import type { ContactOwner } from '#core/contacts/contact.js';
import type { ContactConsentTable, Tables } from '#core/tables.js';

export const CONSENT_CHANNELS = ['voice', 'sms'] as const;
export type ConsentChannel = (typeof CONSENT_CHANNELS)[number];

export const BASIS_CHARACTERS = 500;

/** What somebody agreed to, or took back. */
export interface Consent {
  id: string;
  channel: ConsentChannel;
  granted: boolean;
  /** Where and how: `web form of 2026-03-01`. */
  basis: string | undefined;
  /** Who wrote it down: `api`, `import`. */
  source: string;
  at: Date;
}

export interface NewConsent {
  contactId: string;
  channel: ConsentChannel;
  granted: boolean;
  basis: string | null;
}

/** Of each contact what it said last, by channel. In one statement. */
export async function consentsOf(
  db: Db,
  contactIds: readonly string[],
): Promise<Map<string, Partial<Record<ConsentChannel, Consent>>>> {
  const found = new Map<string, Partial<Record<ConsentChannel, Consent>>>();
  if (contactIds.length === 0) return found;
  const { rows } = await sql<Selectable<ContactConsentTable>>`
    select distinct on (contact_id, channel) * from contact_consents
    where contact_id = any(${[...contactIds]}::text[])
    order by contact_id, channel, id desc`.execute(db);
  for (const row of rows) found.set(row.contact_id, { ...found.get(row.contact_id), [row.channel]: toConsent(row) });
  return found;
}

/** Writes down what differs from what was said last. Gives the ids of the contacts of which something was written. */
export async function recordConsents(
  tx: Transaction<Tables>,
  owner: ContactOwner,
  { consents, source, at }: { consents: readonly NewConsent[]; source: string; at: Date },
): Promise<Set<string>> {
  const before = await consentsOf(tx, [...new Set(consents.map(({ contactId }) => contactId))]);
  const news = consents.filter(({ contactId, channel, granted, basis }) => {
    const last = before.get(contactId)?.[channel];
    return last?.granted !== granted || (basis !== null && basis !== last.basis);
  });
  if (news.length > 0) {
    await tx
      .insertInto('contact_consents')
      .values(
        news.map(({ contactId, channel, granted, basis }) => ({
          id: newId('cns', at.getTime()),
          ...{ account_id: owner.accountId, mode: owner.mode, contact_id: contactId, channel },
          state: granted ? ('granted' as const) : ('revoked' as const),
          ...{ basis, source, created_at: at },
        })),
      )
      .execute();
  }
  return new Set(news.map(({ contactId }) => contactId));
}

/** All that a contact ever said, the newest first. @throws CoreError `contact.not_found` */
export async function listConsents(core: Pick<Core, 'db'>, owner: ContactOwner, contactId: string): Promise<Consent[]> {
  await findContact(core, owner, contactId);
  const rows = await core.db
    .selectFrom('contact_consents')
    .selectAll()
    .where('contact_id', '=', contactId)
    .orderBy('id', 'desc')
    .limit(CONSENTS_SHOWN)
    .execute();
  return rows.map(toConsent);
}

const CONSENTS_SHOWN = 1000;

function toConsent(row: Selectable<ContactConsentTable>): Consent {
  return {
    id: row.id,
    channel: row.channel,
    granted: row.state === 'granted',
    basis: row.basis ?? undefined,
    source: row.source,
    at: row.created_at,
  };
}
