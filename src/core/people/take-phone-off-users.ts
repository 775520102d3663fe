import { sql, type Transaction } from 'kysely';
import type { Tables } from '#core/tables.js';

/** For the removal of a live phone, in its transaction. */
export async function takePhoneOffUsers(
  tx: Transaction<Tables>,
  input: { accountId: string; phone: string; at: Date },
): Promise<void> {
  await tx
    .updateTable('users')
    .set({ phones: sql`array_remove(phones, ${input.phone})`, updated_at: input.at })
    .where('account_id', '=', input.accountId)
    .where('mode', '=', 'live')
    .where(sql<boolean>`${input.phone} = any(phones)`)
    .execute();
}
