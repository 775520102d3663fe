import { lockKey, type CreatedKey } from '#core/accounts/api-key.js';
import { recordAudit } from '#core/accounts/audit.js';
import { insertKey } from '#core/accounts/create-key.js';
import { changeKeys, type KeyAdmin } from '#core/accounts/key-changes.js';
import { CoreError } from '#core/errors.js';

export interface RollKey {
  accountId: string;
  keyId: string;
  /** How long the old key goes on working, seconds. Default a day. */
  overlapSeconds?: number;
  actor: string;
}

const DAY_SECONDS = 86_400;
const LONGEST_OVERLAP_SECONDS = 30 * DAY_SECONDS;

/**
 * A new key with the rights of the old one, which ends after the overlap.
 * @throws CoreError `key.not_found`, `key.bad_input` (revoked, expired or rolled already; overlap out of range)
 */
export async function rollKey(core: KeyAdmin, input: RollKey): Promise<CreatedKey> {
  const { overlapSeconds = DAY_SECONDS } = input;
  if (!Number.isInteger(overlapSeconds) || overlapSeconds < 0 || overlapSeconds > LONGEST_OVERLAP_SECONDS) {
    throw new CoreError('key.bad_input', `The overlap is 0 to ${LONGEST_OVERLAP_SECONDS} whole seconds.`, {
      field: 'overlapSeconds',
    });
  }
  const at = new Date(core.clock.now());
  return changeKeys(core, async (tx) => {
    const old = await lockKey(tx, input.accountId, input.keyId);
    if (old.revoked_at !== null || old.replaced_by !== null || (old.expires_at !== null && old.expires_at <= at)) {
      throw new CoreError('key.bad_input', `The key ${old.id} was revoked, rolled or has expired: create a new one.`);
    }
    const { account_id: accountId, mode, user_id: userId, style, scopes } = old;
    const created = await insertKey(tx, {
      ...{ accountId, mode, userId, siteId: old.site_id, style, scopes },
      ...{ expiresAt: old.expires_at, at },
    });
    const overlapEnd = new Date(at.getTime() + overlapSeconds * 1000);
    await tx
      .updateTable('api_keys')
      .set({
        expires_at: old.expires_at !== null && old.expires_at < overlapEnd ? old.expires_at : overlapEnd,
        replaced_by: created.key.id,
      })
      .where('id', '=', old.id)
      .execute();
    await recordAudit(tx, {
      accountId,
      actor: input.actor,
      action: 'key.roll',
      subject: old.id,
      details: { replacedBy: created.key.id, overlapSeconds },
      at,
    });
    return created;
  });
}
