import {
  ATTACHMENT_LIMITS,
  toAttachment,
  type Attachment,
  type AttachmentOwner,
} from '#core/attachments/attachment.js';
import { kindNamed } from '#core/attachments/media-kinds.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { readLink, signLink } from '#core/signed-links.js';

/** Those that are there, of texts that have any, in their order. */
export async function attachmentsOf(
  db: Db,
  texts: readonly { id: string; attachments: number }[],
): Promise<Map<string, Attachment[]>> {
  const ids = texts.filter(({ attachments }) => attachments > 0).map(({ id }) => id);
  const found = new Map<string, Attachment[]>();
  if (ids.length === 0) return found;
  const rows = await db
    .selectFrom('message_attachments')
    .selectAll()
    .where('message_id', 'in', ids)
    .where('status', '=', 'kept')
    .orderBy('message_id')
    .orderBy('position')
    .execute();
  for (const row of rows) {
    if (row.message_id !== null) {
      found.set(row.message_id, [...(found.get(row.message_id) ?? []), toAttachment(row)]);
    }
  }
  return found;
}

/** Where whoever has the address can fetch it without a key, for a day and no longer than it is there. */
export function attachmentLink(
  core: Pick<Core, 'secrets' | 'clock' | 'settings'>,
  { accountId, mode }: AttachmentOwner,
  { id, mediaType }: Pick<Attachment, 'id' | 'mediaType'>,
): string {
  const token = signLink(core, { kind: 'attachment', id, accountId, mode }, ATTACHMENT_LIMITS.linkSeconds);
  return `${core.settings.publicUrl}/files/${token}.${kindNamed(mediaType)?.extension ?? 'bin'}`;
}

export interface AttachmentFile extends Attachment {
  accountId: string;
  /** Of `core.uploads`. */
  file: string;
  name: string;
  /** It is what its type says, and browsers may show it. */
  inline: boolean;
}

/** What a link leads to; `name` is the last part of its address. @throws CoreError `attachment.not_found` */
export async function findAttachmentFile(
  core: Pick<Core, 'db' | 'secrets' | 'clock'>,
  name: string,
): Promise<AttachmentFile> {
  const link = readLink(core, name.replace(/\.[a-z0-9]{1,4}$/, ''));
  if (link?.kind !== 'attachment') throw attachmentGone();
  const row = await core.db
    .selectFrom('message_attachments')
    .selectAll()
    .where('id', '=', link.id)
    .where('account_id', '=', link.accountId)
    .where('mode', '=', link.mode)
    .where('status', '=', 'kept')
    .executeTakeFirst();
  if (row === undefined) throw attachmentGone();
  const kind = kindNamed(row.media_type);
  return {
    ...toAttachment(row),
    ...{ accountId: link.accountId, file: row.file },
    // What nobody here knows is nothing that a browser should make something of.
    mediaType: kind?.type ?? 'application/octet-stream',
    name: `${row.id}.${kind?.extension ?? 'bin'}`,
    inline: kind?.inline ?? false,
  };
}

export function attachmentGone(): CoreError {
  return new CoreError('attachment.not_found', 'This link leads nowhere, or no longer.');
}
