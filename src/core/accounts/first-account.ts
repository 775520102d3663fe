import type { Db } from '#core/core.js';

/** The id of the account that the installation began with: of those who run it. */
export async function firstAccountId(db: Db): Promise<string | undefined> {
  const row = await db
    .selectFrom('accounts')
    .select('id')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}
