import { sql } from 'kysely';
import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Site } from '#core/sites/index.js';

/** By which a browser is known. */
export const VISITOR_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
const UUID = new RegExp(VISITOR_PATTERN, 'i');

/** In lower case. @throws CoreError `visitor.bad_input` */
export function checkVisitor(uuid: string): string {
  if (UUID.test(uuid)) return uuid.toLowerCase();
  throw new CoreError('visitor.bad_input', "Uuid isn't valid", { field: 'visitor' });
}

/**
 * Writes down a browser, and whose it is: of whom it was last known to be, and of whom ever; null says nothing of that.
 * @throws CoreError `visitor.bad_input`
 */
export async function linkVisitor(
  db: Db,
  site: Pick<Site, 'id'>,
  uuid: string,
  personId: number | null,
  at: Date,
): Promise<void> {
  const visitor = checkVisitor(uuid);
  await sql`
    with ever as (
      insert into visitor_people (site_id, uuid, person_id, created_at)
      select ${site.id}, ${visitor}::uuid, ${personId}::bigint, ${at}::timestamptz where ${personId}::bigint is not null
      on conflict do nothing
    )
    insert into visitors as known (site_id, uuid, person_id, created_at)
    values (${site.id}, ${visitor}, ${personId}, ${at})
    on conflict (site_id, uuid) do update set person_id = excluded.person_id
    where excluded.person_id is not null and known.person_id is distinct from excluded.person_id`.execute(db);
}
