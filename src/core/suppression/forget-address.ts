import type { Transaction } from 'kysely';
import type { SecretBox } from '#core/secret-box.js';
import { addressHash } from '#core/suppression/address-hash.js';
import type { SuppressionOwner } from '#core/suppression/suppression.js';
import type { Tables } from '#core/tables.js';

/**
 * Takes everything out of the ledger that says who a person is, in the transaction that erases them. The keyed hash
 * stays, and stops what it stopped before (rule 3). Gives how many entries there are.
 */
export async function forgetAddress(
  tx: Transaction<Tables>,
  secrets: Pick<SecretBox, 'derive'>,
  { accountId, mode, address }: SuppressionOwner & { address: string },
): Promise<number> {
  const hash = addressHash(secrets)(address);
  const forgotten = await tx
    .updateTable('suppressions')
    .set({ address: null, address_hash: hash, reason: null, review_text: null, lifted_reason: null })
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where((is) => is.or([is('address', '=', address), is('address_hash', '=', hash)]))
    .executeTakeFirst();
  return Number(forgotten.numUpdatedRows);
}

/** Takes the words of a text that is erased out of the ledger, in the same transaction; what they stopped stays so. */
export async function forgetReviewText(
  tx: Transaction<Tables>,
  secrets: Pick<SecretBox, 'derive'>,
  { accountId, mode, address, messageIds }: SuppressionOwner & { address: string; messageIds: readonly string[] },
): Promise<void> {
  await tx
    .updateTable('suppressions')
    .set({ review_text: null })
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('address_hash', '=', addressHash(secrets)(address))
    .where('message_id', 'in', [...messageIds])
    .execute();
}
