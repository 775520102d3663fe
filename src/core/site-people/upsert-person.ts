import { sql, type Selectable, type Transaction } from 'kysely';
import { mailboxOf } from '#core/site-people/mailbox.js';
import { checkIdentity, checkPropertyCount, type PersonIdentity } from '#core/site-people/person-identity.js';
import { toSitePerson, type SitePerson } from '#core/site-people/site-person.js';
import type { Site } from '#core/sites/index.js';
import type { SitePersonTable, Tables } from '#core/tables.js';

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
  const { rows } = await sql<Selectable<SitePersonTable>>`
    insert into site_people as known (site_id, email, mailbox, phone, username, customer_id, first_name, last_name,
      properties, created_at, updated_at)
    select ${site.id}, ${email}, ${mailboxOf(email)}, ${phone},
      case when not exists (
        select 1 from site_people where site_id = ${site.id} and lower(username) = lower(${username}) and email <> ${email}
      ) then ${username}::text end,
      case when not exists (
        select 1 from site_people where site_id = ${site.id} and customer_id = ${customerId} and email <> ${email}
      ) then ${customerId}::text end,
      ${firstName}, ${lastName}, jsonb_strip_nulls(${properties}::jsonb), ${at}::timestamptz, ${at}::timestamptz
    on conflict (site_id, email) do update set
      phone = coalesce(excluded.phone, known.phone),
      username = coalesce(excluded.username, known.username),
      customer_id = coalesce(excluded.customer_id, known.customer_id),
      first_name = coalesce(excluded.first_name, known.first_name),
      last_name = coalesce(excluded.last_name, known.last_name),
      properties = jsonb_strip_nulls(known.properties || ${properties}::jsonb),
      updated_at = excluded.updated_at
    returning *`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error('a person was not written');
  checkPropertyCount(row.properties);
  return toSitePerson(row);
}
