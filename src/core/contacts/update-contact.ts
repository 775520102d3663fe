import type { E164 } from '#core/address.js';
import { checkExtras, type ContactExtras } from '#core/contacts/contact-extras.js';
import { checkDetails, type ContactDetails } from '#core/contacts/contact-fields.js';
import { toContact, type Contact, type ContactOwner } from '#core/contacts/contact.js';
import { contactNotFound } from '#core/contacts/find-contact.js';
import { homeCountry } from '#core/contacts/home-country.js';
import { changedRow, updateRows } from '#core/contacts/write-contacts.js';
import { checkStanding, writeStanding, type StandingChanges } from '#core/contacts/write-standing.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';

export interface UpdateContact extends ContactOwner {
  id: string;
  changes: ContactDetails & ContactExtras & StandingChanges;
}

/**
 * Changes what is given, and nothing else.
 * @throws CoreError `contact.not_found`, and what `upsertContacts` throws
 */
export async function updateContact(
  core: Pick<Core, 'db' | 'clock' | 'secrets'>,
  { accountId, mode, id, changes: given }: UpdateContact,
): Promise<Contact> {
  const details = checkDetails(given, '');
  checkStanding(given, '');
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const row = await tx
      .selectFrom('contacts')
      .selectAll()
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) throw contactNotFound(id);
    const home = await homeCountry(tx, { accountId, mode });
    const changes = { ...details, ...checkExtras(given, { phone: row.phone as E164, home, path: '' }) };
    const said = [{ contact: toContact(row), changes: given, path: '' }];
    const touched = await writeStanding(tx, core, { owner: { accountId, mode }, said, at });
    const changed = changedRow(row, changes, at) ?? (touched.has(id) ? { ...row, updated_at: at } : undefined);
    if (changed !== undefined) await updateRows(tx, [changed]);
    return toContact(changed ?? row);
  });
}
