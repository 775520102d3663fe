import { sql, type Selectable, type Transaction } from 'kysely';
import type { E164 } from '#core/address.js';
import { checkContact, type ContactChanges, type ContactFields } from '#core/contacts/contact-fields.js';
import { DETAIL_NAMES, type ContactOwner } from '#core/contacts/contact.js';
import { homeCountry } from '#core/contacts/home-country.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import type { ContactTable, Tables } from '#core/tables.js';
import { publishEvents } from '#core/webhooks/index.js';

export interface UpsertContacts extends ContactOwner {
  /** One, or a list; fields of a list are named in refusals as `[3].phone`. */
  contacts: ContactFields | readonly ContactFields[];
}

export const CONTACTS_AT_ONCE_MAX = 1000;

type Row = Selectable<ContactTable>;

/**
 * Stores contacts by their number: new ones are made, known ones changed; all or, when one is refused, none. A number
 * that is given twice is one contact, of which the later fields win. Opt-outs are by number and stay (rule 3).
 * @throws CoreError `contact.bad_input`
 */
export async function upsertContacts(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  input: UpsertContacts,
): Promise<{ given: number; created: number }> {
  const { contacts } = input;
  const given = isList(contacts) ? contacts : [contacts];
  if (given.length === 0 || given.length > CONTACTS_AT_ONCE_MAX) {
    throw new CoreError('contact.bad_input', `A list has 1 to ${CONTACTS_AT_ONCE_MAX} contacts.`);
  }
  const at = new Date(core.clock.now());
  const created = await inTransaction(core.db, async (tx) => {
    const home = await homeCountry(tx, input);
    const wanted = new Map<E164, ContactChanges>();
    for (const [index, fields] of given.entries()) {
      const { phone, changes } = checkContact(fields, home, isList(contacts) ? `[${index}].` : '');
      wanted.set(phone, { ...wanted.get(phone), ...changes });
    }
    const news = await write(tx, input, wanted, at);
    await publishEvents(
      tx,
      { accountId: input.accountId, mode: input.mode, type: 'contact.created', at },
      news.map(({ id, phone, name, company, email, city, region, country }) => ({
        subject: id,
        data: { phone, name, company, email, city, region, country },
      })),
    );
    return news.length;
  });
  if (created > 0) core.wake.deliveries();
  return { given: given.length, created };
}

function isList(contacts: UpsertContacts['contacts']): contacts is readonly ContactFields[] {
  return Array.isArray(contacts);
}

/** Gives the new ones. */
async function write(
  tx: Transaction<Tables>,
  owner: ContactOwner,
  wanted: ReadonlyMap<E164, ContactChanges>,
  at: Date,
): Promise<Row[]> {
  // In one order everywhere: two requests with the same numbers wait for one another, and never crosswise.
  const rows = [...wanted]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([phone, changes]) => ({ id: newId('con', at.getTime()), phone, ...noDetails(), ...changes }));
  // A known contact is locked by this, and given back as it is now.
  const { rows: stored } = await sql<Row>`
    insert into contacts (id, account_id, mode, phone, name, company, email, city, region, country, created_at, updated_at)
    select id, ${owner.accountId}, ${owner.mode}, phone, name, company, email, city, region, country, ${at}, ${at}
    from ${unnested(rows)}
    on conflict (account_id, mode, phone) do update set phone = excluded.phone
    returning *`.execute(tx);
  const made = new Set(rows.map(({ id }) => id));
  const changed = stored
    .filter(({ id }) => !made.has(id))
    .map((row) => ({ row, changes: wanted.get(row.phone as E164) ?? {} }))
    .filter(({ row, changes }) => DETAIL_NAMES.some((name) => name in changes && changes[name] !== row[name]))
    .map(({ row, changes }) => ({ ...row, ...changes }));
  if (changed.length > 0) {
    await sql`
      update contacts set name = given.name, company = given.company, email = given.email, city = given.city,
        region = given.region, country = given.country, updated_at = ${at}
      from ${unnested(changed)} where contacts.id = given.id`.execute(tx);
  }
  return stored.filter(({ id }) => made.has(id));
}

function noDetails(): Record<(typeof DETAIL_NAMES)[number], string | null> {
  return { name: null, company: null, email: null, city: null, region: null, country: null };
}

function unnested(rows: readonly Pick<Row, 'id' | 'phone' | (typeof DETAIL_NAMES)[number]>[]) {
  const columns = ['id', 'phone', ...DETAIL_NAMES] as const;
  const values = columns.map((column) => sql`${rows.map((row) => row[column])}::text[]`);
  return sql`unnest(${sql.join(values)}) as given (${sql.join(columns.map((column) => sql.ref(column)))})`;
}
