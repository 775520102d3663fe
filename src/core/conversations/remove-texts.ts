import { sql } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import type { ConversationOwner } from '#core/conversations/conversation.js';
import { findPair } from '#core/conversations/find-conversation.js';
import { findInThread } from '#core/conversations/list-texts.js';
import { inTransaction } from '#core/in-transaction.js';
import {
  endMessages,
  forgetTexts,
  inThread,
  recountConversation,
  refuseUnsent,
  type Pair,
} from '#core/messages/index.js';

type RemovingCore = Pick<Core, 'db' | 'clock' | 'secrets' | 'uploads'>;

/** Texts in one transaction. */
const AT_ONCE = 500;

/**
 * Erases one text of a conversation for good; one that waits is canceled first.
 * @throws CoreError `message.not_found`; `message.not_sent` while it is handed over
 */
export async function removeText(
  core: RemovingCore,
  owner: ConversationOwner,
  { conversation, id, actor }: { conversation: string; id: string; actor: string },
): Promise<void> {
  const { pair } = await findInThread(core.db, owner, { conversation, id });
  await removeSome(core, pair, sql<boolean>`id = ${id}`, { actor, action: 'message.delete' });
}

/**
 * Erases a conversation and its texts for good; those that wait are canceled first.
 * @throws CoreError `conversation.not_found`; `message.not_sent` while one is handed over
 */
export async function removeConversation(
  core: RemovingCore,
  owner: ConversationOwner,
  { id, actor }: { id: string; actor: string },
): Promise<void> {
  const pair = await findPair(core.db, owner, id);
  let removed = await removeSome(core, pair, sql<boolean>`true`, { actor, action: 'conversation.delete' });
  while (removed === AT_ONCE) removed = await removeSome(core, pair, sql<boolean>`true`);
}

/** Gives how many. */
async function removeSome(
  core: RemovingCore,
  pair: Pair,
  which: ReturnType<typeof sql<boolean>>,
  audited?: { actor: string; action: string },
): Promise<number> {
  const at = new Date(core.clock.now());
  // By itself: it may give money back, and wallets are the last thing that a transaction locks.
  await inTransaction(core.db, async (tx) => {
    const waiting = await tx
      .selectFrom('messages')
      .select('id')
      .where(inThread(pair))
      .where(which)
      .where('status', '=', 'queued')
      .orderBy('id')
      .forUpdate()
      .execute();
    await endMessages(
      tx,
      waiting.map(({ id }) => ({ id, status: 'canceled', reason: 'canceled', at })),
    );
  });
  return inTransaction(core.db, async (tx) => {
    const rows = await tx
      .selectFrom('messages')
      .selectAll()
      .where(inThread(pair))
      .where(which)
      .orderBy('id')
      .limit(AT_ONCE)
      .forUpdate()
      .execute();
    for (const row of rows) refuseUnsent(row);
    await forgetTexts(tx, core, rows, at);
    await recountConversation(tx, pair, at);
    const [first] = rows;
    // A conversation is named by its first text: its own id are the numbers of people.
    if (audited !== undefined && first !== undefined) {
      const { accountId, mode } = pair;
      await recordAudit(tx, { ...audited, accountId, subject: first.id, details: { mode }, at });
    }
    return rows.length;
  });
}
