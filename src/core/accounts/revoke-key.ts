import { lockKey, toApiKey, type ApiKey } from '#core/accounts/api-key.js';
import { recordAudit } from '#core/accounts/audit.js';
import { changeKeys, type KeyAdmin } from '#core/accounts/key-changes.js';

export interface RevokeKey {
  accountId: string;
  keyId: string;
  actor: string;
}

/** Ends a key at once. Revoking it again changes nothing. @throws CoreError `key.not_found` */
export async function revokeKey(core: KeyAdmin, input: RevokeKey): Promise<ApiKey> {
  const at = new Date(core.clock.now());
  return changeKeys(core, async (tx) => {
    const key = await lockKey(tx, input.accountId, input.keyId);
    if (key.revoked_at !== null) return toApiKey(key);
    await tx.updateTable('api_keys').set({ revoked_at: at }).where('id', '=', key.id).execute();
    const { accountId, actor } = input;
    await recordAudit(tx, { accountId, actor, action: 'key.revoke', subject: key.id, at });
    return toApiKey({ ...key, revoked_at: at });
  });
}
