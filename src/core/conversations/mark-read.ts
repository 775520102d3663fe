import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import type { ConversationOwner } from '#core/conversations/conversation.js';
import { findPair } from '#core/conversations/find-conversation.js';
import { findInThread } from '#core/conversations/list-texts.js';
import { inTransaction } from '#core/in-transaction.js';
import { inThread, recountConversation } from '#core/messages/index.js';

/** A received text is read, or is not after all. Of one that was sent nothing changes. @throws CoreError `message.not_found` */
export async function markText(
  core: Pick<Core, 'db' | 'clock'>,
  owner: ConversationOwner,
  { conversation, id, read }: { conversation: string; id: string; read: boolean },
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const { pair } = await findInThread(tx, owner, { conversation, id });
    const marked = await tx
      .updateTable('messages')
      .set({ read_at: read ? at : null, changed_at: at })
      .where('id', '=', id)
      .where('direction', '=', 'in')
      .where('read_at', read ? 'is' : 'is not', null)
      .executeTakeFirst();
    if (marked.numUpdatedRows > 0n) await recountConversation(tx, pair, at);
  });
}

/** All that was received is read, or the last of it is not after all. @throws CoreError `conversation.not_found` */
export async function markConversation(
  core: Pick<Core, 'db' | 'clock'>,
  owner: ConversationOwner,
  { id, read }: { id: string; read: boolean },
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const pair = await findPair(tx, owner, id);
    const received = sql<boolean>`${inThread(pair)} and direction = 'in'`;
    const held = read
      ? sql`select id from messages where ${received} and read_at is null order by id for update`
      : sql`select id from messages where ${received} order by id desc limit 1 for update`;
    const marked = await sql`
      with held as (${held})
      update messages set read_at = ${read ? at : null}, changed_at = ${at} from held where messages.id = held.id`.execute(
      tx,
    );
    if (marked.numAffectedRows !== undefined && marked.numAffectedRows > 0n) await recountConversation(tx, pair, at);
  });
}
