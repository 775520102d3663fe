import type { Transaction } from 'kysely';
import type { SecretBox } from '#core/secret-box.js';
import { addressHash } from '#core/suppression/address-hash.js';
import { toSuppression, type Suppression, type SuppressionOwner } from '#core/suppression/suppression.js';
import type { Tables } from '#core/tables.js';

export interface LiftSuppression extends SuppressionOwner {
  address: string;
  /** The owner lifts anything, with a reason; the person lifts what came by text (rule 3). */
  by: 'owner' | 'person';
  /** Kept in the ledger. */
  reason: string;
  at: Date;
}

/** Ends the opt-outs of a person, which stay in the ledger as history. Gives those that it ended. */
export async function liftSuppression(
  tx: Transaction<Tables>,
  secrets: Pick<SecretBox, 'derive'>,
  { accountId, mode, address, by, reason, at }: LiftSuppression,
): Promise<Suppression[]> {
  let lifting = tx
    .updateTable('suppressions')
    .set({ lifted_at: at, lifted_reason: reason })
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where((is) => is.or([is('address', '=', address), is('address_hash', '=', addressHash(secrets)(address))]))
    .where('lifted_at', 'is', null);
  if (by === 'person') lifting = lifting.where('source', 'in', ['text', 'free_text']);
  return (await lifting.returningAll().execute()).map(toSuppression);
}
