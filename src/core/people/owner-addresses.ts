import type { Transaction } from 'kysely';
import type { Tables } from '#core/tables.js';

/** Where the owners of an account are written to: its own address, and theirs. Each once, however it is written. */
export async function ownerAddresses(tx: Transaction<Tables>, accountId: string): Promise<string[]> {
  const account = await tx.selectFrom('accounts').select('email').where('id', '=', accountId).executeTakeFirst();
  const owners = await tx
    .selectFrom('users')
    .select('email')
    .where('account_id', '=', accountId)
    .where('mode', '=', 'live')
    .where('role', '=', 'owner')
    .execute();
  const found = [account?.email, ...owners.map(({ email }) => email)].filter((email) => typeof email === 'string');
  return [...new Map(found.map((email) => [email.toLowerCase(), email])).values()];
}
