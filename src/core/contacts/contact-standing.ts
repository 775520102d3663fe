import type { Core, Db } from '#core/core.js';
import { consentsOf, type Consent, type ConsentChannel } from '#core/contacts/consents.js';
import type { Contact, ContactOwner } from '#core/contacts/contact.js';
import { suppressedAmong } from '#core/suppression/index.js';

/** A contact with all that is said of it elsewhere, as it is now. */
export interface ContactStory extends Contact {
  /** By the ledger, at this moment. */
  optedOut: Record<ConsentChannel, boolean>;
  consent: Partial<Record<ConsentChannel, Consent>>;
  /** Ids of the lists that it is a member of. */
  lists: string[];
}

/** In a few statements, whatever their number; give it thousands at most at once. */
export async function withStanding(
  core: { db: Db } & Pick<Core, 'secrets'>,
  { accountId, mode }: ContactOwner,
  contacts: readonly Contact[],
): Promise<ContactStory[]> {
  if (contacts.length === 0) return [];
  const ids = contacts.map(({ id }) => id);
  const addresses = contacts.map(({ phone }) => phone);
  const stopped = (channel: ConsentChannel) =>
    suppressedAmong(core.db, core.secrets, { accountId, mode, purpose: 'transactional', channel, addresses });
  // One after the other: they may share the connection of a transaction.
  const voice = await stopped('voice');
  const sms = await stopped('sms');
  const consents = await consentsOf(core.db, ids);
  const members = await core.db
    .selectFrom('contact_list_members')
    .select(['contact_id', 'list_id'])
    .where('contact_id', 'in', ids)
    .orderBy('list_id')
    .execute();
  const lists = new Map<string, string[]>();
  for (const { contact_id: id, list_id: list } of members) lists.set(id, [...(lists.get(id) ?? []), list]);
  return contacts.map((contact) => ({
    ...contact,
    optedOut: { voice: voice.has(contact.phone), sms: sms.has(contact.phone) },
    consent: consents.get(contact.id) ?? {},
    lists: lists.get(contact.id) ?? [],
  }));
}
