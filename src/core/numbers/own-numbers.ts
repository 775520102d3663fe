import type { E164 } from '#core/address.js';
import type { Db } from '#core/core.js';
import type { Mode } from '#core/tables.js';

/** The numbers of an account that calls can come from, the oldest first: no short codes, no letters. */
export async function ownNumbers(db: Db, { accountId, mode }: { accountId: string; mode: Mode }): Promise<E164[]> {
  const rows = await db
    .selectFrom('numbers')
    .select('number')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('kind', '=', 'e164')
    .orderBy('created_at')
    .orderBy('number')
    .execute();
  // Only E.164 is ever written with this kind (add-number.ts).
  return rows.map(({ number }) => number as E164);
}
