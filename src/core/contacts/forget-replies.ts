import type { Transaction } from 'kysely';
import type { ContactOwner } from '#core/contacts/contact.js';
import type { Tables } from '#core/tables.js';

/**
 * Empties kept replies that speak of somebody: the row stays, so that a repetition does nothing anew, and gets an empty
 * object. The replies of a day are looked at, one after the other.
 */
export async function forgetReplies(
  tx: Transaction<Tables>,
  { accountId, mode }: ContactOwner,
  words: readonly string[],
): Promise<void> {
  await tx
    .updateTable('idempotency_keys')
    .set({ reply: '{}' })
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where((is) => is.or(words.map((word) => is('reply', 'like', `%${word}%`))))
    .execute();
}
