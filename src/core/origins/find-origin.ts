import type { ExpressionBuilder } from 'kysely';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toOrigin, type Origin } from '#core/origins/origin.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** Those that have a number of the shop's. */
export type NumberedKind = 'purchase' | 'event';

/**
 * A purchase by the number of its order, or an event by `CATEGORY:NUMBER`. `kind` says which where there are both.
 * @throws CoreError `origin.not_found`, `origin.ambiguous`
 */
export async function findOrigin(
  core: Pick<Core, 'db'>,
  site: Pick<Site, 'id'>,
  slug: string,
  kind?: NumberedKind,
): Promise<Origin> {
  const colon = slug.indexOf(':');
  const [category, number] = [slug.slice(0, Math.max(colon, 0)), slug.slice(colon + 1)];
  const rows = await core.db
    .selectFrom('origins')
    .selectAll()
    .where('site_id', '=', site.id)
    .where((eb) =>
      eb.or([
        ...(kind === 'event' ? [] : [named(eb, 'purchase', '', slug)]),
        ...(kind === 'purchase' || colon < 0 ? [] : [named(eb, 'event', category, number)]),
      ]),
    )
    .execute();
  const [row, other] = rows;
  if (row === undefined) throw new CoreError('origin.not_found', 'No origin found.');
  if (other !== undefined) throw new CoreError('origin.ambiguous', 'A purchase and an event are named so.');
  return toOrigin(row);
}

function named(where: ExpressionBuilder<Tables, 'origins'>, kind: NumberedKind, category: string, number: string) {
  return where.and([where('kind', '=', kind), where('category', '=', category), where('number', '=', number)]);
}

/** One that something else of the database names. */
export async function originById(db: Db, id: number): Promise<Origin> {
  return toOrigin(await db.selectFrom('origins').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
}
