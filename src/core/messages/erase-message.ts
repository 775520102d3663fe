import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { messageNotFound, type MessageOwner } from '#core/messages/find-message.js';
import { forgetTexts } from '#core/messages/forget-texts.js';
import type { MessageRow } from '#core/messages/message.js';
import { pairOf, recountConversation } from '#core/messages/note-conversations.js';

/**
 * Erases what a text said (rule 21), here, in its events and in its conversation.
 * @throws CoreError `message.not_found`; `message.not_sent` while it is still to be sent
 */
export async function eraseMessage(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'uploads'>,
  owner: MessageOwner,
  id: string,
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const found = await tx
      .selectFrom('messages')
      .selectAll()
      .where('id', '=', id)
      .where('account_id', '=', owner.accountId)
      .where('mode', '=', owner.mode)
      .forUpdate()
      .executeTakeFirst();
    if (found === undefined) throw messageNotFound(id);
    refuseUnsent(found);
    await forgetTexts(tx, core, [found], at);
    await recountConversation(tx, pairOf(found), at);
  });
}

/** Whoever sends a text needs its words. @throws CoreError `message.not_sent` */
export function refuseUnsent({ status }: Pick<MessageRow, 'status'>): void {
  if (status !== 'queued' && status !== 'sending') return;
  throw new CoreError('message.not_sent', `The text is ${status}: cancel it first, or wait until it has left.`);
}
