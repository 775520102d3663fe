import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Site } from '#core/sites/index.js';

/** Writes down that an offer was seen in a browser; the first time counts. @throws CoreError `visitor_offer.not_found` */
export async function trackVisit(core: Pick<Core, 'db' | 'clock'>, site: Pick<Site, 'id'>, id: number): Promise<void> {
  const at = new Date(core.clock.now());
  const row = await core.db
    .updateTable('visitor_offers')
    .set({ visited_at: sql<Date>`coalesce(visited_at, ${at})` })
    .where('site_id', '=', site.id)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('visitor_offer.not_found', 'No visitor offer found by id.');
}
