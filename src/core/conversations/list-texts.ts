import { sql } from 'kysely';
import { CHANGES_MOST, countChanges, isFrom, rowsOfPage, settledBefore } from '#core/changes.js';
import type { Core, Db } from '#core/core.js';
import { asTexts } from '#core/conversations/as-texts.js';
import type { ConversationOwner, ConversationText } from '#core/conversations/conversation.js';
import { findPair } from '#core/conversations/find-conversation.js';
import { inThread, messageNotFound, UPDATED_AT, type MessageRow, type Pair } from '#core/messages/index.js';

interface Page {
  page: number;
  pageSize: number;
}

/** The texts of a conversation, the newest first. @throws CoreError `conversation.not_found` */
export async function listTexts(
  core: Pick<Core, 'db'>,
  owner: ConversationOwner,
  { id, page, pageSize }: Page & { id: string },
): Promise<{ items: ConversationText[]; total: number }> {
  const pair = await findPair(core.db, owner, id);
  const query = core.db.selectFrom('messages').where(inThread(pair));
  const { total } = await query.select(sql<number>`count(*)::integer`.as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .selectAll()
    .orderBy('id', 'desc')
    .offset((page - 1) * pageSize)
    .limit(pageSize)
    .execute();
  return { items: await asTexts(core.db, rows), total };
}

/** Texts of all conversations of which something changed since, in the order of their changes (rule 24). */
export async function listChangedTexts(
  core: Pick<Core, 'db' | 'clock'>,
  owner: ConversationOwner,
  { updatedAfter, afterId, page, pageSize }: Page & { updatedAfter: Date; afterId?: string | undefined },
): Promise<{ items: ConversationText[]; total: number }> {
  const before = await settledBefore(core);
  const ordered = core.db
    .selectFrom('messages')
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .where('purpose', '<>', 'verification')
    .where('removed_at', 'is', null)
    .where(isFrom(UPDATED_AT, sql.ref<string>('id'), { at: updatedAfter, afterId }, before))
    .orderBy(UPDATED_AT)
    .orderBy('id');
  const total = await countChanges(core.db, ordered.select('id').limit(CHANGES_MOST));
  const { offset, limit } = rowsOfPage({ page, pageSize });
  const rows = await ordered.selectAll().offset(offset).limit(limit).execute();
  return { items: await asTexts(core.db, rows), total };
}

/** @throws CoreError `message.not_found` */
export async function findText(
  core: Pick<Core, 'db'>,
  owner: ConversationOwner,
  { conversation, id }: { conversation: string; id: string },
): Promise<ConversationText> {
  const { row } = await findInThread(core.db, owner, { conversation, id });
  const [text] = await asTexts(core.db, [row]);
  if (text === undefined) throw messageNotFound(id);
  return text;
}

/** @throws CoreError `conversation.not_found`, `message.not_found` also for a text of another conversation */
export async function findInThread(
  db: Db,
  owner: ConversationOwner,
  { conversation, id }: { conversation: string; id: string },
): Promise<{ pair: Pair; row: MessageRow }> {
  const pair = await findPair(db, owner, conversation);
  const row = await db.selectFrom('messages').selectAll().where('id', '=', id).where(inThread(pair)).executeTakeFirst();
  if (row === undefined) throw messageNotFound(id);
  return { pair, row };
}
