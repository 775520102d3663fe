import { recordAudit } from '#core/accounts/index.js';
import { assetNotFound } from '#core/assets/asset.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Site } from '#core/sites/index.js';

/** Bytes gone. @throws CoreError `asset.not_found` */
export async function removeAsset(
  core: Pick<Core, 'db' | 'clock' | 'uploads'>,
  site: Site,
  { id, actor }: { id: number; actor: string },
): Promise<void> {
  const { accountId, mode } = site;
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const removed = await tx
      .deleteFrom('assets')
      .where('site_id', '=', site.id)
      .where('id', '=', id)
      .returning(['file', 'name'])
      .executeTakeFirst();
    if (removed === undefined) throw assetNotFound();
    const details = { site: site.slug, mode, name: removed.name };
    await recordAudit(tx, { accountId, actor, action: 'asset.remove', subject: String(id), details, at });
    // Before the commit: a row without a file can be removed again, a file without a row stays for ever.
    await core.uploads.remove(removed.file);
  });
}
