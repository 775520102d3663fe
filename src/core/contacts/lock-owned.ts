import type { Transaction } from 'kysely';
import type { ContactOwner } from '#core/contacts/contact.js';
import type { Tables } from '#core/tables.js';

/**
 * Locks contacts or lists, so that nobody removes them before the transaction ends, in one order everywhere. Gives the
 * first that the account does not have.
 */
export async function lockOwned(
  tx: Transaction<Tables>,
  table: 'contacts' | 'contact_lists',
  { accountId, mode }: ContactOwner,
  ids: readonly string[],
): Promise<string | undefined> {
  const there = await tx
    .selectFrom(table)
    .select('id')
    .where('id', 'in', [...ids])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .orderBy('id')
    .forKeyShare()
    .execute();
  const found = new Set(there.map(({ id }) => id));
  return ids.find((id) => !found.has(id));
}
