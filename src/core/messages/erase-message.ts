import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { messageNotFound, type MessageOwner } from '#core/messages/find-message.js';
import { forgetReviewText } from '#core/suppression/index.js';

/**
 * Erases what a text said, here and in its events (rule 21): of the row stay its addresses, state and times, of events
 * id, type and time, and deliveries that wait end.
 * @throws CoreError `message.not_found`; `message.not_sent` while it is still to be sent
 */
export async function eraseMessage(core: Pick<Core, 'db' | 'secrets'>, owner: MessageOwner, id: string): Promise<void> {
  await inTransaction(core.db, async (tx) => {
    const found = await tx
      .selectFrom('messages')
      .select(['status', 'from_address'])
      .where('id', '=', id)
      .where('account_id', '=', owner.accountId)
      .where('mode', '=', owner.mode)
      .forUpdate()
      .executeTakeFirst();
    if (found === undefined) throw messageNotFound(id);
    if (found.status === 'queued' || found.status === 'sending') {
      throw new CoreError(
        'message.not_sent',
        `The text is ${found.status}: cancel it first, or wait until it has left.`,
      );
    }
    await tx
      .updateTable('messages')
      .set({ text: null, metadata: null, webhook_url: null, carrier_detail: null })
      .where('id', '=', id)
      .execute();
    await forgetReviewText(tx, core.secrets, { ...owner, address: found.from_address, messageId: id });
    const events = await tx
      .updateTable('events')
      .set({ data: '{}' })
      .where('subject', '=', id)
      .where('account_id', '=', owner.accountId)
      .returning('id')
      .execute();
    if (events.length === 0) return;
    await tx
      .updateTable('deliveries')
      .set({ status: 'failed', next_at: null })
      .where(
        'event_id',
        'in',
        events.map((event) => event.id),
      )
      .where('status', '=', 'pending')
      .execute();
  });
}
