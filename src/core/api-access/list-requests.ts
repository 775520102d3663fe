import { toAccessRequest, type AccessRequest } from '#core/api-access/access-request.js';
import type { Core } from '#core/core.js';

const MOST_LISTED = 1000;

/** Those that wait, the oldest first; `decided`: the newest that were decided. */
export async function listAccessRequests(
  core: Pick<Core, 'db'>,
  { decided = false }: { decided?: boolean } = {},
): Promise<AccessRequest[]> {
  const rows = await core.db
    .selectFrom('api_access_requests')
    .selectAll()
    .where('status', decided ? '!=' : '=', 'waiting')
    .orderBy('id', decided ? 'desc' : 'asc')
    .limit(MOST_LISTED)
    .execute();
  return rows.map(toAccessRequest);
}
