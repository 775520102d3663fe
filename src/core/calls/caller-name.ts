import { readOutreachPolicy } from '#core/accounts/index.js';
import type { Db } from '#core/core.js';

/** Who is calling, as the account wants it said. */
export async function callerName(db: Db, accountId: string): Promise<string> {
  const { callerName: name } = await readOutreachPolicy(db, accountId);
  const account = await db.selectFrom('accounts').select('name').where('id', '=', accountId).executeTakeFirst();
  return name.replaceAll('{NAME}', account?.name ?? '');
}
