import { recordAudit } from '#core/accounts/index.js';
import { contactNotFound } from '#core/contacts/find-contact.js';
import type { ContactOwner } from '#core/contacts/contact.js';
import type { Core } from '#core/core.js';
import { forgetReplies } from '#core/forget-replies.js';
import { inTransaction } from '#core/in-transaction.js';
import { forgetEvents } from '#core/webhooks/index.js';

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
      .returning('external_id')
      .executeTakeFirst();
    if (removed === undefined) throw contactNotFound(id);
    await tx
      .insertInto('contact_tombstones')
      .values({ id, account_id: accountId, mode, external_id: removed.external_id, deleted_at: at })
      .execute();
    await forgetReplies(tx, { accountId, mode }, [id]);
    await forgetEvents(tx, { accountId }, [id]);
    await recordAudit(tx, { accountId, actor, action: 'contact.remove', subject: id, details: { mode }, at });
  });
}
