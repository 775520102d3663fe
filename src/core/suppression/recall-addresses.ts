import { sql, type Transaction } from 'kysely';
import type { SecretBox } from '#core/secret-box.js';
import { addressHash } from '#core/suppression/address-hash.js';
import type { SuppressionOwner } from '#core/suppression/suppression.js';
import type { Tables } from '#core/tables.js';

/**
 * Knows people again who were erased, and whom their account has entered anew: their opt-outs have an address again, by
 * which a list of contacts is filtered. Thousands at most at once.
 */
export async function recallAddresses(
  tx: Transaction<Tables>,
  secrets: Pick<SecretBox, 'derive'>,
  { accountId, mode }: SuppressionOwner,
  addresses: readonly string[],
): Promise<void> {
  const hash = addressHash(secrets);
  await sql`
    update suppressions s set address = a.address
    from unnest(${[...addresses]}::text[], ${addresses.map(hash)}::bytea[]) as a (address, hash)
    where s.account_id = ${accountId} and s.mode = ${mode} and s.address_hash = a.hash and s.address is null`.execute(
    tx,
  );
}

/** Whether there are opt-outs of people who were erased. */
export async function hasErased(tx: Transaction<Tables>, { accountId, mode }: SuppressionOwner): Promise<boolean> {
  const found = await tx
    .selectFrom('suppressions')
    .select('id')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('address', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}
