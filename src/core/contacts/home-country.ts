import { countryCode } from '#core/address.js';
import type { ContactOwner } from '#core/contacts/contact.js';
import type { Db } from '#core/core.js';
import { SANDBOX_NUMBER } from '#core/numbers/index.js';

/**
 * The calling code of the account's oldest number of its own, which national numbers are completed with. The sandbox
 * number, which everybody starts with, counts only where there is no other.
 */
export async function homeCountry(db: Db, { accountId, mode }: ContactOwner): Promise<string | undefined> {
  const row = await db
    .selectFrom('numbers')
    .select('number')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .orderBy((is) => is('number', '=', SANDBOX_NUMBER))
    .orderBy('created_at')
    .orderBy('number')
    .limit(1)
    .executeTakeFirst();
  return row && countryCode(row.number);
}
