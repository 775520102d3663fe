import type { Core } from '#core/core.js';

/** Forgets who asked for access before then and was answered, or was not in all that time. Gives how many. */
export async function purgeAccessRequests(core: Pick<Core, 'db'>, before: Date): Promise<number> {
  const { numDeletedRows } = await core.db
    .deleteFrom('api_access_requests')
    .where((row) => row.fn.coalesce('decided_at', 'created_at'), '<', before)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
