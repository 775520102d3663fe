import { attachmentsOf } from '#core/attachments/index.js';
import type { Db } from '#core/core.js';
import { conversationId, type ConversationText } from '#core/conversations/conversation.js';
import { pairOf, toMessage, type MessageRow } from '#core/messages/index.js';

/** With who wrote them, and what came with them. */
export async function asTexts(db: Db, rows: readonly MessageRow[]): Promise<ConversationText[]> {
  const authors = [...new Set(rows.flatMap(({ user_id }) => user_id ?? []))];
  const users =
    authors.length === 0
      ? []
      : await db.selectFrom('users').select(['id', 'email']).where('id', 'in', authors).execute();
  const files = await attachmentsOf(db, rows);
  return rows.map((row) => {
    const { ours, theirs } = pairOf(row);
    return {
      ...toMessage(row),
      conversationId: conversationId(ours, theirs),
      authorEmail: users.find(({ id }) => id === row.user_id)?.email ?? undefined,
      attachments: files.get(row.id) ?? [],
    };
  });
}
