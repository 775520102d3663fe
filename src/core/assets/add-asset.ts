import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { recordAudit } from '#core/accounts/index.js';
import { contentTypeOf } from '#core/assets/asset-kinds.js';
import { ASSET_LIMITS, toAsset, type Asset } from '#core/assets/asset.js';
import { imageDimensions } from '#core/assets/image-dimensions.js';
import type { Core } from '#core/core.js';
import { isDiskFull } from '#core/disk/index.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Site } from '#core/sites/index.js';

export interface AddAsset {
  name: string;
  bytes: Uint8Array;
  /** Who does it, for the audit log. */
  actor: string;
}

/** So that it is one step of a path in every system, and in an address reads as it is written. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._ -]*[A-Za-z0-9])?$/;

/** @throws CoreError `asset.bad_input`, `asset.name_taken`, `disk.full` */
export async function addAsset(
  core: Pick<Core, 'db' | 'clock' | 'uploads' | 'disk'>,
  site: Site,
  { name, bytes: given, actor }: AddAsset,
): Promise<Asset> {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (!NAME.test(name) || name.length > ASSET_LIMITS.nameCharacters) {
    const most = ASSET_LIMITS.nameCharacters;
    throw badFile(`File name must be 1 to ${most} letters, digits, spaces, dots, hyphens and underscores`);
  }
  if (bytes.length === 0) throw badFile('File is empty');
  if (bytes.length > ASSET_LIMITS.bytes) throw badFile(`File is larger than ${ASSET_LIMITS.bytes / 1024 / 1024} MB`);
  const contentType = contentTypeOf(name, bytes);
  const size = imageDimensions(contentType, bytes);
  if (size !== undefined && Math.max(size.width, size.height) > ASSET_LIMITS.pixels) {
    throw badFile(`Picture has more than ${ASSET_LIMITS.pixels} pixels on a side`);
  }
  if (!core.disk.takesFiles) throw noRoom();
  await refuseTooMany(core, site);
  // Named before its row has an id, so that a row always has its file.
  const file = `${site.accountId}/assets/${site.id}/${randomBytes(12).toString('hex')}`;
  try {
    await core.uploads.write(file, Readable.from([bytes]), ASSET_LIMITS.bytes);
  } catch (error) {
    throw isDiskFull(error) ? noRoom() : error;
  }
  try {
    return await inTransaction(core.db, async (tx) => {
      const at = new Date(core.clock.now());
      const row = await tx
        .insertInto('assets')
        .values({
          ...{ site_id: site.id, name, content_type: contentType, bytes: bytes.length, file },
          ...{ width: size?.width ?? null, height: size?.height ?? null },
          fingerprint: createHash('sha256').update(bytes).digest('hex'),
          ...{ created_at: at, updated_at: at },
        })
        .onConflict((conflict) => conflict.columns(['site_id', 'name']).doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) {
        throw new CoreError('asset.name_taken', 'File name has already been taken', { field: 'file' });
      }
      const { accountId } = site;
      const details = { site: site.slug, mode: site.mode, name };
      await recordAudit(tx, { accountId, actor, action: 'asset.add', subject: String(row.id), details, at });
      return toAsset(row);
    });
  } catch (error) {
    await core.uploads.remove(file);
    throw error;
  }
}

async function refuseTooMany(core: Pick<Core, 'db'>, site: Site): Promise<void> {
  const { n } = await core.db
    .selectFrom('assets')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('site_id', '=', site.id)
    .executeTakeFirstOrThrow();
  if (n >= ASSET_LIMITS.perSite) throw badFile(`A site has at most ${ASSET_LIMITS.perSite} files`);
}

function badFile(message: string): CoreError {
  return new CoreError('asset.bad_input', message, { field: 'file' });
}

function noRoom(): CoreError {
  return new CoreError('disk.full', 'There is no room for the file on our disk; nothing of it was kept.', {
    retryAfterSeconds: 60,
  });
}
