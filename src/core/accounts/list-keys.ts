import { toApiKey, type ApiKey } from '#core/accounts/api-key.js';
import type { Core } from '#core/core.js';

/** All of an account, revoked and expired ones too, oldest first. */
export async function listKeys(core: Pick<Core, 'db'>, accountId: string): Promise<ApiKey[]> {
  const rows = await core.db
    .selectFrom('api_keys')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toApiKey);
}
