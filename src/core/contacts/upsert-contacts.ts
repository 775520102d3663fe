import type { E164 } from '#core/address.js';
import { checkExtras, type ContactExtras } from '#core/contacts/contact-extras.js';
import { checkContact, type ContactChanges, type ContactFields } from '#core/contacts/contact-fields.js';
import { toContact, type Contact, type ContactOwner } from '#core/contacts/contact.js';
import { homeCountry } from '#core/contacts/home-country.js';
import { checkStanding, writeStanding, type StandingChanges } from '#core/contacts/write-standing.js';
import { changedRow, insertOrLock, newRow, updateRows, type ContactRow } from '#core/contacts/write-contacts.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { recallAddresses } from '#core/suppression/index.js';
import { publishEvents } from '#core/webhooks/index.js';

/** Somebody, and what is said of them. */
export interface NewContact extends ContactFields, ContactExtras, StandingChanges {}

export interface UpsertContacts extends ContactOwner {
  /** One, or a list; fields of a list are named in refusals as `[3].phone`. */
  contacts: NewContact | readonly NewContact[];
  /** Whether one whose number is known already is changed (the default), or refused. */
  known?: 'change' | 'refuse';
}

export const CONTACTS_AT_ONCE_MAX = 1000;

/** What became of those that were given. */
export interface Upserted {
  given: number;
  created: number;
  /** That were known, and are not as they were. */
  changed: number;
  /** As they are now, each once, in the order in which their numbers were first given. */
  contacts: Contact[];
}

/**
 * Stores contacts by their number: new ones are made, known ones changed; all or, when one is refused, none. A number
 * that is given twice is one contact, of which the later fields win. Opt-outs are by number and stay (rule 3).
 * @throws CoreError `contact.bad_input`, `contact.exists`, `contact.external_id_taken`, `contact.opted_out`, `list.not_found`
 */
export async function upsertContacts(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'wake'>,
  input: UpsertContacts,
): Promise<Upserted> {
  const { accountId, mode, contacts } = input;
  const given = isList(contacts) ? contacts : [contacts];
  if (given.length === 0 || given.length > CONTACTS_AT_ONCE_MAX) {
    throw new CoreError('contact.bad_input', `A list has 1 to ${CONTACTS_AT_ONCE_MAX} contacts.`);
  }
  const at = new Date(core.clock.now());
  const upserted = await inTransaction(core.db, async (tx) => {
    const home = await homeCountry(tx, input);
    const wanted = new Map<E164, ContactChanges>();
    const standings: { phone: E164; changes: StandingChanges; path: string }[] = [];
    for (const [index, fields] of given.entries()) {
      const path = isList(contacts) ? `[${index}].` : '';
      const { phone, changes } = checkContact(fields, home, path);
      checkStanding(fields, path);
      standings.push({ phone, changes: fields, path });
      const extras = checkExtras(fields, { phone, home, path });
      wanted.set(phone, bothOf(wanted.get(phone), { ...changes, ...extras }));
    }
    // In one order everywhere: two requests with the same numbers wait for one another, and never crosswise.
    const rows = [...wanted]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([phone, changes]) =>
        newRow({ id: newId('con', at.getTime()), account_id: accountId, mode, phone }, changes, at),
      );
    const made = new Set(rows.map(({ id }) => id));
    const now = new Map((await insertOrLock(tx, rows)).map((row) => [row.phone, row]));
    if (input.known === 'refuse') refuseKnown([...now.values()].find(({ id }) => !made.has(id)));
    await recallAddresses(tx, core.secrets, input, [...now.keys()]);
    const touched = await writeStanding(tx, core, {
      owner: { accountId, mode },
      said: standings.flatMap(({ phone, ...said }) => {
        const row = now.get(phone);
        return row === undefined ? [] : { ...said, contact: toContact(row) };
      }),
      at,
    });
    const changed = [...now.values()].flatMap((row) => {
      if (made.has(row.id)) return [];
      const changes = wanted.get(row.phone as E164) ?? {};
      return changedRow(row, changes, at) ?? (touched.has(row.id) ? { ...row, updated_at: at } : []);
    });
    await updateRows(tx, changed);
    for (const row of changed) now.set(row.phone, row);
    const news = [...now.values()].filter(({ id }) => made.has(id));
    await publishEvents(
      tx,
      { accountId, mode, type: 'contact.created', at },
      news.map(({ id, phone, name, company, email, city, region, country }) => ({
        subject: id,
        data: { phone, name, company, email, city, region, country },
      })),
    );
    return {
      given: given.length,
      created: news.length,
      changed: changed.length,
      contacts: [...wanted.keys()].flatMap((phone) => {
        const row = now.get(phone);
        return row === undefined ? [] : [toContact(row)];
      }),
    };
  });
  if (upserted.created > 0) core.wake.deliveries();
  return upserted;
}

function refuseKnown(row: ContactRow | undefined): void {
  if (row === undefined) return;
  throw new CoreError('contact.exists', `${row.phone} is the number of the contact ${row.id} already.`, {
    field: 'phone',
  });
}

function isList(contacts: UpsertContacts['contacts']): contacts is readonly NewContact[] {
  return Array.isArray(contacts);
}

function bothOf(earlier: ContactChanges | undefined, later: ContactChanges): ContactChanges {
  if (earlier === undefined) return later;
  const fields = earlier.fields !== undefined || later.fields !== undefined;
  return { ...earlier, ...later, ...(fields ? { fields: { ...earlier.fields, ...later.fields } } : {}) };
}
