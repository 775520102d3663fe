import { sql } from 'kysely';
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

export interface ContactFilter extends ContactWish {
  /** Made or changed then or later. */
  updatedSince?: Date | undefined;
  /** Continue after this id. */
  after?: string | undefined;
  limit: number;
}

/** Which contacts; all of it holds at once. */
export interface ContactWish {
  /** As people write it. */
  phone?: string | undefined;
  /** The same, and also where it is another number of theirs. */
  anyNumber?: string | undefined;
  /** In the name, the company, the e-mail address or the number, whatever its case. */
  search?: string | undefined;
  tag?: string | undefined;
  /** Members of this list. */
  listId?: string | undefined;
  /** Whether the ledger stops calls or texts to them now. */
  optedOut?: boolean | undefined;
  externalId?: string | undefined;
}

export const SEARCH_CHARACTERS = 100;

/** Word for word what the index `contacts_search` is of (migration 0005). */
const SEARCHED = sql`(coalesce(name, '') || chr(10) || coalesce(company, '') || chr(10) || coalesce(email, '') || chr(10)
  || phone)`;

/**
 * The oldest first, by an index. A search of less than three letters, or on a server without pg_trgm, looks at one
 * contact after the other until the page is full (docs/contacts.md).
 * @throws CoreError `contact.bad_input` for a phone that is no number
 */
export async function listContacts(
  core: Pick<Core, 'db'>,
  owner: ContactOwner,
  filter: ContactFilter,
): Promise<Contact[]> {
  const { query } = await contactQuery(core, owner, filter);
  return (await query.execute()).map(toContact);
}

/** What `listContacts` asks the database. In an object, for it is no promise. */
export async function contactQuery(core: Pick<Core, 'db'>, owner: ContactOwner, filter: ContactFilter) {
  let { query } = await wishedContacts(core, owner, filter);
  if (filter.updatedSince !== undefined) {
    query = query.where('updated_at', '>=', filter.updatedSince);
  }
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  return { query: query.orderBy('id').limit(filter.limit) };
}

/** Those, in no order yet. */
export async function wishedContacts(core: Pick<Core, 'db'>, owner: ContactOwner, filter: ContactWish) {
  let query = contactsOf(core, owner);
  const numberOf = async (field: 'phone' | 'anyNumber', text: string): Promise<string> => {
    const number = readNumber(text, await homeCountry(core.db, owner));
    if (number === undefined) throw new CoreError('contact.bad_input', `"${text}" is not a phone number.`, { field });
    return number;
  };
  if (filter.phone !== undefined) query = query.where('phone', '=', await numberOf('phone', filter.phone));
  if (filter.anyNumber !== undefined) query = query.where(hasNumber(await numberOf('anyNumber', filter.anyNumber)));
  if (filter.externalId !== undefined) query = query.where('external_id', '=', filter.externalId);
  if (filter.search !== undefined) {
    const words = filter.search.slice(0, SEARCH_CHARACTERS).replace(/[\\%_]/g, '\\$&');
    // The database may fold the case of ASCII alone.
    const spellings = /^[\x20-\x7e]*$/.test(words) ? [words] : [words, words.toLowerCase(), words.toUpperCase()];
    query = query.where((is) =>
      is.or([...new Set(spellings)].map((each) => sql<boolean>`${SEARCHED} ilike ${`%${each}%`}`)),
    );
  }
  if (filter.tag !== undefined) query = query.where(sql<boolean>`tags @> array[${filter.tag}]::text[]`);
  const { listId } = filter;
  if (listId !== undefined) {
    query = query.where('id', 'in', (members) =>
      members.selectFrom('contact_list_members').select('contact_id').where('list_id', '=', listId),
    );
  }
  if (filter.optedOut !== undefined) {
    const stopped = sql<boolean>`exists (
      select from suppressions s
      where s.account_id = contacts.account_id and s.mode = contacts.mode and s.address = contacts.phone
        and s.scope in ('outreach', 'all') and s.lifted_at is null)`;
    query = query.where(filter.optedOut ? stopped : sql<boolean>`not ${stopped}`);
  }
  return { query };
}

/** As the one that they are known by, or another. `number`: E.164. */
export function hasNumber(number: string) {
  return sql<boolean>`(phone = ${number} or other_numbers @> ${JSON.stringify([{ number }])}::jsonb)`;
}

function contactsOf(core: Pick<Core, 'db'>, { accountId, mode }: ContactOwner) {
  return core.db.selectFrom('contacts').selectAll().where('account_id', '=', accountId).where('mode', '=', mode);
}

export function contactNotFound(id: string): CoreError {
  return new CoreError('contact.not_found', `There is no contact ${id}.`);
}
