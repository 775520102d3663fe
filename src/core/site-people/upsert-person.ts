import { sql, type Selectable, type Transaction } from 'kysely';
import { mailboxOf } from '#core/site-people/mailbox.js';
import { nameKey } from '#core/site-people/name-key.js';
import { checkIdentity, checkPropertyCount, type PersonIdentity } from '#core/site-people/person-identity.js';
import { toSitePerson, type SitePerson } from '#core/site-people/site-person.js';
import type { Site } from '#core/sites/index.js';
import type { SitePersonTable, Tables } from '#core/tables.js';

type Row = Selectable<SitePersonTable>;

/**
 * Whoever has this address, as known from now on. Their row is locked until the transaction ends, so that what is done
 * for one person is done one after the other. A user name or a customer id that is somebody else's stays theirs: nobody's
 * purchase is refused for it.
 * @throws CoreError `site_person.bad_input`
 */
export async function upsertPerson(
  tx: Transaction<Tables>,
  site: Pick<Site, 'id'>,
  identity: PersonIdentity,
  at: Date,
): Promise<SitePerson> {
  const given = checkIdentity(identity);
  const { email, phone = null, username = null, customerId = null, firstName = null, lastName = null } = given;
  const properties = JSON.stringify(given.properties ?? {});
  const freeName = sql`case when not exists (
    select 1 from site_people where site_id = ${site.id} and lower(username) = lower(${username}) and email <> ${email}
  ) then ${username}::text end`;
  const freeCustomer = sql`case when not exists (
    select 1 from site_people where site_id = ${site.id} and customer_id = ${customerId} and email <> ${email}
  ) then ${customerId}::text end`;
  // Of somebody known, what is unique is not set here: that would lock out whoever refers to their row.
  const { rows } = await sql<Row>`
    insert into site_people as known (site_id, email, mailbox, phone, username, customer_id, first_name, last_name,
      name_key, properties, created_at, updated_at)
    select ${site.id}, ${email}, ${mailboxOf(email)}, ${phone}, ${freeName}, ${freeCustomer},
      ${firstName}, ${lastName}, ${nameKey(firstName, lastName)}, jsonb_strip_nulls(${properties}::jsonb), ${at}::timestamptz, ${at}::timestamptz
    on conflict (site_id, email) do update set
      phone = coalesce(excluded.phone, known.phone),
      first_name = coalesce(excluded.first_name, known.first_name),
      last_name = coalesce(excluded.last_name, known.last_name),
      properties = jsonb_strip_nulls(known.properties || ${properties}::jsonb),
      updated_at = excluded.updated_at
    returning *`.execute(tx);
  const row = one(rows);
  checkPropertyCount(row.properties);
  const isNamed = username === null || username === row.username;
  const isFound = row.name_key === nameKey(row.first_name, row.last_name);
  if (isNamed && isFound && (customerId === null || customerId === row.customer_id)) return toSitePerson(row);
  const { rows: named } = await sql<Row>`
    update site_people set username = coalesce(${freeName}, username),
      customer_id = coalesce(${freeCustomer}, customer_id), name_key = ${nameKey(row.first_name, row.last_name)}
    where id = ${row.id} returning *`.execute(tx);
  return toSitePerson(one(named));
}

function one(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('a person was not written');
  return row;
}
