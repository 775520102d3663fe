import { assetNotFound, toAsset, type Asset } from '#core/assets/asset.js';
import type { Core } from '#core/core.js';
import type { Site } from '#core/sites/index.js';

/** @throws CoreError `asset.not_found`, also for one of another site */
export async function findAsset(core: Pick<Core, 'db'>, site: Site, id: number): Promise<Asset> {
  const row = await core.db
    .selectFrom('assets')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw assetNotFound();
  return toAsset(row);
}

export interface AssetFilter {
  contentType?: string | undefined;
  /** From 1. */
  page: number;
  pageSize: number;
}

/** In the order in which they were added. */
export async function listAssets(
  core: Pick<Core, 'db'>,
  site: Site,
  { contentType, page, pageSize }: AssetFilter,
): Promise<{ items: Asset[]; total: number }> {
  let own = core.db.selectFrom('assets').where('site_id', '=', site.id);
  if (contentType !== undefined) own = own.where('content_type', '=', contentType);
  const { n } = await own.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  const rows = await own
    .selectAll()
    .orderBy('id')
    .offset((page - 1) * pageSize)
    .limit(pageSize)
    .execute();
  return { items: rows.map(toAsset), total: n };
}

/** What an address leads to, at its site. */
export interface AssetAddress {
  fingerprint: string;
  name: string;
}

/** With its file of `core.uploads`. @throws CoreError `asset.not_found` */
export async function findAssetFile(
  core: Pick<Core, 'db'>,
  site: Site,
  { fingerprint, name }: AssetAddress,
): Promise<{ asset: Asset; file: string }> {
  const row = await core.db
    .selectFrom('assets')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('name', '=', name)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
  if (row === undefined) throw assetNotFound();
  return { asset: toAsset(row), file: row.file };
}
