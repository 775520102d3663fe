import type { Transaction } from 'kysely';
import type { Mode, Tables } from '#core/tables.js';

/** What is left of a reply that was forgotten. */
export const FORGOTTEN_REPLY = '{}';

/**
 * Empties kept replies that speak of something by one of these words: the row stays, so that a repetition does nothing anew, and gets an empty
 * object. The replies of a day are looked at, one after the other.
 */
export async function forgetReplies(
  tx: Transaction<Tables>,
  { accountId, mode }: { accountId: string; mode: Mode },
  words: readonly string[],
): Promise<void> {
  if (words.length === 0) return;
  await tx
    .updateTable('idempotency_keys')
    .set({ reply: FORGOTTEN_REPLY })
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where((is) => is.or(words.map((word) => is('reply', 'like', `%${word}%`))))
    .execute();
}
