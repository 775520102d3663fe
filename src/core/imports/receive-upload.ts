import type { Readable } from 'node:stream';
import type { Core } from '#core/core.js';
import { isDiskFull } from '#core/disk/index.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { toUpload, UPLOAD_KEPT_MS, UPLOAD_LIMITS, type ImportOwner, type Upload } from '#core/imports/upload.js';

export interface ReceiveUpload extends ImportOwner {
  content: Readable;
  /** As its sender calls it. */
  name?: string | undefined;
}

/**
 * Keeps a file as it comes, for something to read it. Its row is written first, so that whatever dies leaves nothing
 * that is not deleted in time.
 * @throws CoreError `upload.too_large`, `upload.bad_input` (empty), `upload.not_stored` (the disk is full),
 * `import.too_many`
 */
export async function receiveUpload(
  core: Pick<Core, 'db' | 'clock' | 'uploads' | 'log' | 'disk'>,
  { accountId, mode, content, name }: ReceiveUpload,
): Promise<Upload> {
  const at = new Date(core.clock.now());
  const id = newId('upl', at.getTime());
  const file = `${id}.csv`;
  if (!core.disk.takesFiles) throw noRoom();
  await refuseTooMany(core, { accountId, mode });
  try {
    await core.db
      .insertInto('uploads')
      .values({
        ...{ id, account_id: accountId, mode, file, bytes: 0 },
        name: name === undefined ? null : name.slice(0, UPLOAD_LIMITS.nameCharacters),
        created_at: at,
        expires_at: new Date(at.getTime() + UPLOAD_KEPT_MS),
      })
      .execute();
    const bytes = await core.uploads.write(file, content, UPLOAD_LIMITS.bytes);
    if (bytes === 0) throw new CoreError('upload.bad_input', 'The file is empty.');
    const row = await core.db
      .updateTable('uploads')
      .set({ bytes })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return toUpload(row);
  } catch (error) {
    await core.uploads.remove(file).catch(() => undefined);
    // Where that fails too, housekeeping finds it a day later.
    await core.db
      .deleteFrom('uploads')
      .where('id', '=', id)
      .execute()
      .catch(() => undefined);
    throw explained(core, error);
  }
}

async function refuseTooMany(core: Pick<Core, 'db'>, { accountId, mode }: ImportOwner): Promise<void> {
  const { n } = await core.db
    .selectFrom('uploads')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .executeTakeFirstOrThrow();
  if (Number(n) >= UPLOAD_LIMITS.perAccount) {
    const most = `An account has at most ${UPLOAD_LIMITS.perAccount} files at once`;
    throw new CoreError('import.too_many', `${most}; each is deleted ${UPLOAD_LIMITS.keptHours} hours after its use.`);
  }
}

function explained(core: Pick<Core, 'log'>, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'UploadTooLarge') {
    return new CoreError('upload.too_large', `A file has at most ${UPLOAD_LIMITS.bytes / 1_000_000} MB.`);
  }
  if (isDiskFull(error)) {
    core.log.error({ error: error.message }, 'an upload could not be kept: the disk is full');
    return noRoom();
  }
  return error;
}

function noRoom(): CoreError {
  return new CoreError('upload.not_stored', 'There is no room for the file on our disk; nothing of it was kept.');
}
