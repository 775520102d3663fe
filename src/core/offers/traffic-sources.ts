import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import type { Site } from '#core/sites/index.js';

/** More than anybody names on purpose. */
const MOST_SOURCES = 1000;

/** All that origins of a site named, in the order of the alphabet. */
export async function listTrafficSources(core: Pick<Core, 'db'>, site: Pick<Site, 'id'>): Promise<string[]> {
  // One step through the index for each source, however many origins have it.
  const { rows } = await sql<{ source: string }>`
    with recursive steps as (
      (select traffic_source as source from origins
        where site_id = ${site.id} and traffic_source is not null order by traffic_source limit 1)
      union all
      select (select traffic_source from origins
        where site_id = ${site.id} and traffic_source > steps.source order by traffic_source limit 1)
      from steps where steps.source is not null
    )
    select source from steps where source is not null limit ${MOST_SOURCES}`.execute(core.db);
  return rows.map(({ source }) => source);
}
