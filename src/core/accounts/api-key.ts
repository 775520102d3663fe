import type { Selectable } from 'kysely';
import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { ApiKeyTable, KeyStyle, Mode } from '#core/tables.js';

/** A key as shown after its creation: never its text. */
export interface ApiKey {
  id: string;
  accountId: string;
  mode: Mode;
  /** Whose role bounds it; null: the account's own. */
  userId: string | null;
  /** The only site that it reaches; null: all of the account's. */
  siteId: string | null;
  style: KeyStyle;
  scopes: string[];
  /** Its prefix and last four characters. */
  hint: string;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  /** Up to half a minute behind. */
  lastUsedAt: Date | null;
  /** The key that took its place. */
  replacedBy: string | null;
}

/** A new key; `secret` is its text, which is shown now and cannot be read again. */
export interface CreatedKey {
  key: ApiKey;
  secret: string;
}

export function toApiKey(row: Selectable<ApiKeyTable>): ApiKey {
  return {
    id: row.id,
    accountId: row.account_id,
    mode: row.mode,
    userId: row.user_id,
    siteId: row.site_id,
    style: row.style,
    scopes: row.scopes,
    hint: row.hint,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    replacedBy: row.replaced_by,
  };
}

/** Locked for a change. @throws CoreError `key.not_found` */
export async function lockKey(tx: Db, accountId: string, keyId: string): Promise<Selectable<ApiKeyTable>> {
  const row = await tx
    .selectFrom('api_keys')
    .selectAll()
    .where('id', '=', keyId)
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('key.not_found', `There is no key "${keyId}".`);
  return row;
}
