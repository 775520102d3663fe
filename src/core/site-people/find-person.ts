import { sql, type Selectable } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toSitePerson, type SitePerson } from '#core/site-people/site-person.js';
import type { Site } from '#core/sites/index.js';
import type { SitePersonTable } from '#core/tables.js';

/**
 * By e-mail address, number with its country, customer id or user name, in this order; of those with one telephone the
 * first that was known.
 * @throws CoreError `site_person.not_found`
 */
export async function findPerson(core: Pick<Core, 'db'>, site: Pick<Site, 'id'>, slug: string): Promise<SitePerson> {
  const text = slug.trim();
  const { rows } = await sql<Selectable<SitePersonTable>>`
    select * from (
      select 1 as rank, * from site_people where site_id = ${site.id} and email = ${text.toLowerCase()}
      union all
      (select 2, * from site_people where site_id = ${site.id} and phone = ${text} order by id limit 1)
      union all
      select 3, * from site_people where site_id = ${site.id} and customer_id = ${text}
      union all
      select 4, * from site_people where site_id = ${site.id} and lower(username) = ${text.toLowerCase()}
    ) as found order by rank limit 1`.execute(core.db);
  return one(rows[0]);
}

/** @throws CoreError `site_person.not_found` */
export async function personById(core: Pick<Core, 'db'>, site: Pick<Site, 'id'>, id: number): Promise<SitePerson> {
  return one(
    await core.db
      .selectFrom('site_people')
      .selectAll()
      .where('site_id', '=', site.id)
      .where('id', '=', id)
      .executeTakeFirst(),
  );
}

function one(row: Selectable<SitePersonTable> | undefined): SitePerson {
  if (row === undefined) throw new CoreError('site_person.not_found', 'No person found.');
  return toSitePerson(row);
}
