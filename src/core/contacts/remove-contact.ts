import { recordAudit } from '#core/accounts/index.js';
import { contactNotFound } from '#core/contacts/find-contact.js';
import type { ContactOwner } from '#core/contacts/contact.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';

/**
 * Removes a contact and what its events say of it (rule 21): id, type and time stay, and deliveries that wait end. An
 * opt-out is by number and stays.
 * @throws CoreError `contact.not_found`
 */
export async function removeContact(
  core: Pick<Core, 'db' | 'clock'>,
  input: ContactOwner & { id: string; actor: string },
): Promise<void> {
  const { accountId, mode, id, actor } = input;
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const removed = await tx
      .deleteFrom('contacts')
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirst();
    if (removed.numDeletedRows === 0n) throw contactNotFound(id);
    const events = await tx
      .updateTable('events')
      .set({ data: '{}' })
      .where('subject', '=', id)
      .where('account_id', '=', accountId)
      .returning('id')
      .execute();
    if (events.length > 0) {
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
    }
    await recordAudit(tx, { accountId, actor, action: 'contact.remove', subject: id, details: { mode }, at });
  });
}
