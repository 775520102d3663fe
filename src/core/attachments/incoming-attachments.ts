import { sql, type Transaction } from 'kysely';
import type { IncomingMedia } from '#carriers/carrier.js';
import { fileOf, type AttachmentOwner } from '#core/attachments/attachment.js';
import type { Db } from '#core/core.js';
import { newId } from '#core/ids.js';
import type { Tables } from '#core/tables.js';

/** Until the next try, seconds; each is longer than a try takes, so that one that died with its process is tried again. */
const WAITS_SECONDS = [60, 120, 300, 600] as const;
/** A part that says how the others lie on a screen (SMIL), and shows nothing itself. */
const LAYOUT = 'application/smil';

/** What came with a text, as far as it is something to be kept. */
export function keptMedia(media: readonly IncomingMedia[]): readonly IncomingMedia[] {
  return media.filter(({ type }) => type !== LAYOUT);
}

/** Writes down what is to be fetched. Wake `attachments` after the commit. */
export async function expectAttachments(
  tx: Transaction<Tables>,
  {
    accountId,
    mode,
    messageId,
    media,
    at,
  }: AttachmentOwner & {
    messageId: string;
    media: readonly IncomingMedia[];
    at: Date;
  },
): Promise<void> {
  if (media.length === 0) return;
  await tx
    .insertInto('message_attachments')
    .values(
      media.map(({ url, type = 'application/octet-stream' }, position) => {
        const id = newId('att', at.getTime());
        return {
          ...{ id, account_id: accountId, mode, message_id: messageId, position, file: fileOf(accountId, id) },
          ...{ media_type: type, bytes: 0, status: 'pending' as const, url, next_at: at, created_at: at },
        };
      }),
    )
    .execute();
}

/** A file that is to be fetched now. */
export interface ExpectedAttachment {
  id: string;
  messageId: string;
  file: string;
  mediaType: string;
  url: string;
  carrierId: string | null;
  /** Who keeps the file: the host of its address. Files that are in their addresses have each their own. */
  origin: string;
  /** No further try comes. */
  isLast: boolean;
}

/** What waits is looked at so far; those whose origin has no place left are passed over before. */
const LOOKED_AT = 1000;
const originOf = (table: string) => {
  const [url, id] = [sql.ref(`${table}.url`), sql.ref(`${table}.id`)];
  // The rest of an address may be a whole picture.
  return sql<string>`coalesce(lower(substring(left(${url}, 500) from '^[A-Za-z]+://[^/?#]+')), ${id})`;
};

/**
 * Takes up to `most` that are due, of each origin so many that it has `perOrigin` at most with those that are `busy`;
 * until their next try they are nobody else's.
 */
export async function claimExpected(
  db: Db,
  at: Date,
  { most, perOrigin, busy }: { most: number; perOrigin: number; busy: ReadonlyMap<string, number> },
): Promise<ExpectedAttachment[]> {
  const full = [...busy].filter(([, count]) => count >= perOrigin).map(([origin]) => origin);
  const { rows } = await sql<ExpectedAttachment>`
    with first as (
      select id, next_at, ${originOf('message_attachments')} as origin from message_attachments
      where status = 'pending' and next_at <= ${at} and ${originOf('message_attachments')} <> all(${full}::text[])
      order by next_at limit ${LOOKED_AT}::int
    ), ranked as (
      select id, origin, row_number() over (partition by origin order by next_at, id) as place from first
    ), due as (
      select id from message_attachments
      where status = 'pending' and next_at <= ${at} and id in (
        select id from ranked
        where place <= ${perOrigin}::int - coalesce((${JSON.stringify(Object.fromEntries(busy))}::jsonb ->> origin)::int, 0)
      )
      order by next_at limit ${most}::int for update skip locked
    )
    update message_attachments a set
      attempts = a.attempts + 1,
      next_at = ${at}::timestamptz
        + (${[...WAITS_SECONDS]}::int[])[least(a.attempts + 1, ${WAITS_SECONDS.length}::int)] * interval '1 second'
    from due, messages m where a.id = due.id and m.id = a.message_id
    returning a.id, a.message_id as "messageId", a.file, a.media_type as "mediaType", a.url,
      ${originOf('a')} as origin,
      m.carrier_id as "carrierId", a.attempts >= ${WAITS_SECONDS.length} as "isLast"`.execute(db);
  return rows;
}

/** When something more is due; null: nothing will be. */
export async function nextExpected(db: Db, at: Date): Promise<Date | null | undefined> {
  const next = await db
    .selectFrom('message_attachments')
    .select(({ fn }) => fn.min('next_at').as('at'))
    .where('status', '=', 'pending')
    .where('next_at', '>', at)
    .executeTakeFirst();
  return next?.at;
}

/** Ends a try for good. False: it was deleted, or is done already. */
export async function endExpected(
  tx: Transaction<Tables>,
  id: string,
  end: { status: 'kept'; mediaType: string; bytes: number } | { status: 'failed'; error: string },
): Promise<boolean> {
  const ended = await tx
    .updateTable('message_attachments')
    .set({
      ...{ status: end.status, url: null, next_at: null },
      ...(end.status === 'kept' ? { media_type: end.mediaType, bytes: end.bytes } : { error: end.error.slice(0, 500) }),
    })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .executeTakeFirst();
  return ended.numUpdatedRows > 0n;
}

/** Whether something of a text is still to be fetched. */
export async function isExpecting(tx: Transaction<Tables>, messageId: string): Promise<boolean> {
  const left = await tx
    .selectFrom('message_attachments')
    .select('id')
    .where('message_id', '=', messageId)
    .where('status', '=', 'pending')
    .limit(1)
    .executeTakeFirst();
  return left !== undefined;
}
