import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { endMessage } from '#core/messages/end-message.js';
import { messageNotFound, toMessage, type Message, type MessageOwner } from '#core/messages/find-message.js';

/**
 * Takes back a text that waits. One that is being handed over, or has left, cannot be.
 * @throws CoreError `message.not_found`, `message.already_sent`
 */
export async function cancelMessage(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  owner: MessageOwner,
  id: string,
): Promise<Message> {
  const at = new Date(core.clock.now());
  const row = await inTransaction(core.db, async (tx) => {
    const found = await tx
      .selectFrom('messages')
      .selectAll()
      .where('id', '=', id)
      .where('account_id', '=', owner.accountId)
      .where('mode', '=', owner.mode)
      .forUpdate()
      .executeTakeFirst();
    if (found === undefined) throw messageNotFound(id);
    const ended =
      found.status === 'queued'
        ? await endMessage(tx, found, { status: 'canceled', reason: 'canceled', at })
        : undefined;
    if (ended === undefined) {
      throw new CoreError('message.already_sent', `The text cannot be taken back: it is ${found.status}.`);
    }
    return ended;
  });
  core.wake.deliveries();
  return toMessage(row);
}
