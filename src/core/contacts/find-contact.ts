import { readNumber } from '#core/address.js';
import { toContact, type Contact, type ContactOwner } from '#core/contacts/contact.js';
import { homeCountry } from '#core/contacts/home-country.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';

/** By id. @throws CoreError `contact.not_found`, also for one of another account or mode */
export async function findContact(core: Pick<Core, 'db'>, owner: ContactOwner, id: string): Promise<Contact> {
  const row = await contactsOf(core, owner).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw contactNotFound(id);
  return toContact(row);
}

export interface ContactFilter {
  /** As people write it. */
  phone?: string | undefined;
  /** Made or changed then or later. */
  updatedSince?: Date | undefined;
  /** Continue after this id. */
  after?: string | undefined;
  limit: number;
}

/** The oldest first. @throws CoreError `contact.bad_input` for a phone that is no number */
export async function listContacts(
  core: Pick<Core, 'db'>,
  owner: ContactOwner,
  filter: ContactFilter,
): Promise<Contact[]> {
  let query = contactsOf(core, owner);
  if (filter.phone !== undefined) {
    const phone = readNumber(filter.phone, await homeCountry(core.db, owner));
    if (phone === undefined) {
      throw new CoreError('contact.bad_input', `"${filter.phone}" is not a phone number.`, { field: 'phone' });
    }
    query = query.where('phone', '=', phone);
  }
  if (filter.updatedSince !== undefined) query = query.where('updated_at', '>=', filter.updatedSince);
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  const rows = await query.orderBy('id').limit(filter.limit).execute();
  return rows.map(toContact);
}

function contactsOf(core: Pick<Core, 'db'>, { accountId, mode }: ContactOwner) {
  return core.db.selectFrom('contacts').selectAll().where('account_id', '=', accountId).where('mode', '=', mode);
}

export function contactNotFound(id: string): CoreError {
  return new CoreError('contact.not_found', `There is no contact ${id}.`);
}
