import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toOrigin, type Origin } from '#core/origins/origin.js';
import type { Site } from '#core/sites/index.js';

/**
 * A purchase by the number of its order, or an event by `CATEGORY:NUMBER`.
 * @throws CoreError `origin.not_found`
 */
export async function findOrigin(core: Pick<Core, 'db'>, site: Pick<Site, 'id'>, slug: string): Promise<Origin> {
  const colon = slug.indexOf(':');
  const row = await core.db
    .selectFrom('origins')
    .selectAll()
    .where('site_id', '=', site.id)
    .where((eb) => {
      const purchase = eb.and([eb('kind', '=', 'purchase'), eb('category', '=', ''), eb('number', '=', slug)]);
      if (colon < 0) return purchase;
      const [category, number] = [slug.slice(0, colon), slug.slice(colon + 1)];
      return eb.or([
        purchase,
        eb.and([eb('kind', '=', 'event'), eb('category', '=', category), eb('number', '=', number)]),
      ]);
    })
    // A purchase before an event.
    .orderBy('kind', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('origin.not_found', 'No origin found.');
  return toOrigin(row);
}

/** One that something else of the database names. */
export async function originById(db: Db, id: number): Promise<Origin> {
  return toOrigin(await db.selectFrom('origins').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
}
