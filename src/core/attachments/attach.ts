import { sql, type Transaction } from 'kysely';
import { ATTACHMENT_LIMITS, type AttachmentOwner } from '#core/attachments/attachment.js';
import { CoreError } from '#core/errors.js';
import type { Tables } from '#core/tables.js';

/**
 * Holds what was handed in and is to go with one text, before that is written.
 * @throws CoreError `attachment.bad_input`, naming it by its place
 */
export async function holdAttachments(
  tx: Transaction<Tables>,
  { accountId, mode, ids, at }: AttachmentOwner & { ids: readonly string[]; at: Date },
): Promise<void> {
  const { perText, bytes: mostBytes } = ATTACHMENT_LIMITS;
  if (ids.length > perText) throw bad('attachments', `A text has at most ${perText} files.`);
  const rows = await tx
    .selectFrom('message_attachments')
    .select(['id', 'bytes'])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('id', 'in', [...ids])
    .where('message_id', 'is', null)
    .where('status', '=', 'kept')
    .where('expires_at', '>', at)
    .orderBy('id')
    .forUpdate()
    .execute();
  for (const [index, id] of ids.entries()) {
    if (ids.indexOf(id) !== index) throw bad(`attachments.${index}`, `${id} is in the list twice.`);
    if (rows.some((row) => row.id === id)) continue;
    throw bad(`attachments.${index}`, `There is no file ${id} that waits to be sent: each goes with one text.`);
  }
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  if (bytes > mostBytes) throw bad('attachments', `Together they are larger than ${mostBytes / 1024 / 1024} MB.`);
}

/** Gives what is held to the text, in this order. */
export async function attach(tx: Transaction<Tables>, messageId: string, ids: readonly string[]): Promise<void> {
  await sql`
    update message_attachments a set message_id = ${messageId}, position = given.place - 1, expires_at = null
    from unnest(${[...ids]}::text[]) with ordinality as given (id, place)
    where a.id = given.id`.execute(tx);
}

function bad(field: string, message: string): CoreError {
  return new CoreError('attachment.bad_input', message, { field });
}
