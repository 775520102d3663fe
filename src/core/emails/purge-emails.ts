import type { Core } from '#core/core.js';

/** Forgets letters that have ended and are older. Gives how many. */
export async function purgeEmails(core: Pick<Core, 'db'>, before: Date): Promise<number> {
  const { numDeletedRows } = await core.db
    .deleteFrom('emails')
    .where('created_at', '<', before)
    .where('status', '<>', 'pending')
    .executeTakeFirst();
  return Number(numDeletedRows);
}
