import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toSite, type Site } from '#core/sites/site.js';
import type { Mode } from '#core/tables.js';

/** Who asks: an account in a mode, and the only site that the key reaches, if it is of one. */
export interface SiteAsker {
  accountId: string;
  mode: Mode;
  siteId?: string | undefined;
}

/**
 * The site of this slug; without one that of the key, or the only one that the account has.
 * @throws CoreError `site.not_found`
 */
export async function findSite(core: Pick<Core, 'db'>, asker: SiteAsker, slug?: string): Promise<Site> {
  let query = core.db
    .selectFrom('sites')
    .selectAll()
    .where('account_id', '=', asker.accountId)
    .where('mode', '=', asker.mode);
  if (asker.siteId !== undefined) query = query.where('id', '=', asker.siteId);
  if (slug !== undefined) query = query.where('slug', '=', slug);
  const [row, other] = await query.limit(2).execute();
  if (row === undefined || other !== undefined) {
    throw new CoreError('site.not_found', 'No site found by its slug.', {
      field: 'slug',
    });
  }
  return toSite(row);
}

/** By the id that pages of the shop show. Undefined: there is none. */
export async function findPublicSite(core: Pick<Core, 'db'>, publicId: string): Promise<Site | undefined> {
  const row = await core.db.selectFrom('sites').selectAll().where('public_id', '=', publicId).executeTakeFirst();
  return row === undefined ? undefined : toSite(row);
}

/** Both halves of all sites of an account. */
export async function listSites(core: Pick<Core, 'db'>, accountId: string): Promise<Site[]> {
  const rows = await core.db
    .selectFrom('sites')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('slug')
    .orderBy('mode')
    .execute();
  return rows.map(toSite);
}
