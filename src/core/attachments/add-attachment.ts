import { sql, type Transaction } from 'kysely';
import { Readable } from 'node:stream';
import {
  ATTACHMENT_LIMITS,
  fileOf,
  toAttachment,
  type AttachmentOwner,
  type UnsentAttachment,
} from '#core/attachments/attachment.js';
import { kindOf, MEDIA_TYPES } from '#core/attachments/media-kinds.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Tables } from '#core/tables.js';

/**
 * Keeps a picture or file until it is sent with a text, or for a day. Its row is written first, so that whatever dies
 * leaves nothing that is not deleted in time.
 * @throws CoreError `attachment.bad_input`, `attachment.too_many`, `attachment.not_stored`
 */
export async function addAttachment(
  core: Pick<Core, 'db' | 'clock' | 'uploads' | 'log' | 'disk'>,
  { accountId, mode, bytes }: AttachmentOwner & { bytes: Uint8Array },
): Promise<UnsentAttachment> {
  const { type } = checked(bytes);
  if (!core.disk.takesFiles) throw notWritten();
  const at = new Date(core.clock.now());
  const expiresAt = new Date(at.getTime() + ATTACHMENT_LIMITS.unsentSeconds * 1000);
  const id = newId('att', at.getTime());
  const row = await inTransaction(core.db, async (tx) => {
    await refuseTooMany(tx, { accountId, mode });
    return tx
      .insertInto('message_attachments')
      .values({
        ...{ id, account_id: accountId, mode, file: fileOf(accountId, id), media_type: type, bytes: bytes.length },
        ...{ message_id: null, status: 'pending', created_at: at, expires_at: expiresAt },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  let isWritten = false;
  try {
    await core.uploads.write(row.file, Readable.from([bytes]), ATTACHMENT_LIMITS.bytes);
    isWritten = true;
    await core.db.updateTable('message_attachments').set({ status: 'kept' }).where('id', '=', id).execute();
  } catch (error) {
    core.log.error({ error: String(error) }, 'an attachment could not be written');
    await core.uploads.remove(row.file).catch(() => undefined);
    // Where that fails too, housekeeping finds it a day later.
    await core.db
      .deleteFrom('message_attachments')
      .where('id', '=', id)
      .execute()
      .catch(() => undefined);
    if (isWritten) throw error;
    throw notWritten();
  }
  return { ...toAttachment(row), createdAt: at, expiresAt };
}

function checked(bytes: Uint8Array): { type: string } {
  const bad = (message: string): CoreError => new CoreError('attachment.bad_input', message, { field: 'file' });
  if (bytes.length === 0) throw bad('The file is empty.');
  if (bytes.length > ATTACHMENT_LIMITS.bytes) {
    throw bad(`The file is larger than ${ATTACHMENT_LIMITS.bytes / 1024 / 1024} MB.`);
  }
  const kind = kindOf(bytes);
  if (kind === undefined) throw bad(`Its bytes are of no kind that can be sent: ${MEDIA_TYPES.join(', ')}.`);
  return kind;
}

async function refuseTooMany(tx: Transaction<Tables>, { accountId, mode }: AttachmentOwner): Promise<void> {
  // Those that come at once are counted one after the other.
  const lock = JSON.stringify(['unsent attachments', accountId, mode]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(tx);
  const { n } = await tx
    .selectFrom('message_attachments')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('message_id', 'is', null)
    .executeTakeFirstOrThrow();
  if (Number(n) < ATTACHMENT_LIMITS.unsent) return;
  throw new CoreError(
    'attachment.too_many',
    `${ATTACHMENT_LIMITS.unsent} files wait to be sent already: send them, or wait until they are deleted, a day after they came.`,
  );
}

function notWritten(): CoreError {
  return new CoreError('attachment.not_stored', 'The file could not be written to our disk; nothing of it was kept.');
}
