import { toApiKey, type CreatedKey } from '#core/accounts/api-key.js';
import { recordAudit } from '#core/accounts/audit.js';
import { hashKey, KEY_STYLES, keyHint, mintKey } from '#core/accounts/key-format.js';
import { isScope, SCOPES } from '#core/accounts/scopes.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import type { KeyStyle, Mode } from '#core/tables.js';

export interface CreateKey {
  accountId: string;
  mode: Mode;
  /** Somebody of the account, in that mode, whose role bounds it. Default: nobody, it is the account's own. */
  userId?: string;
  /** A site of the account in that mode, which it then reaches alone. */
  siteId?: string;
  /** Default `sidetone`. */
  style?: KeyStyle;
  /** Default `*`: everything; of a site's key everything of referrals, which is all that it can have. */
  scopes?: string[];
  expiresAt?: Date;
  actor: string;
}

/** Everything else is of the whole account. */
const OF_SITES = ['referrals:read', 'referrals:write'];

/** @throws CoreError `key.bad_input`, `account.not_found` */
export async function createKey(core: Pick<Core, 'db' | 'clock'>, input: CreateKey): Promise<CreatedKey> {
  const at = new Date(core.clock.now());
  const { accountId, mode, userId, style = 'sidetone' } = input;
  const scopes = [...new Set(input.scopes ?? (input.siteId === undefined ? ['*'] : OF_SITES))];
  // The types say so already; the words come from a command line.
  if (!KEY_STYLES.includes(style)) {
    throw new CoreError('key.bad_input', `There is no style "${style}"; there are ${KEY_STYLES.join(', ')}.`, {
      field: 'style',
    });
  }
  const unknown = scopes.find((scope) => !isScope(scope));
  if (unknown !== undefined || scopes.length === 0) {
    const problem = unknown === undefined ? 'A key needs a scope' : `There is no scope "${unknown}"`;
    throw new CoreError('key.bad_input', `${problem}; there are ${SCOPES.join(', ')}.`, { field: 'scopes' });
  }
  const beyond = input.siteId === undefined ? undefined : scopes.find((scope) => !OF_SITES.includes(scope));
  if (beyond !== undefined) {
    throw new CoreError(
      'key.bad_input',
      `The key of a site has no scope "${beyond}", only ${OF_SITES.join(' and ')}.`,
      {
        field: 'scopes',
      },
    );
  }
  if (input.expiresAt !== undefined && input.expiresAt <= at) {
    throw new CoreError('key.bad_input', 'The key would have expired already.', { field: 'expiresAt' });
  }
  return inTransaction(core.db, async (tx) => {
    const account = await tx.selectFrom('accounts').select('id').where('id', '=', accountId).executeTakeFirst();
    if (account === undefined) throw new CoreError('account.not_found', `There is no account "${accountId}".`);
    if (userId !== undefined) await hold(tx, 'users', { id: userId, accountId, mode });
    if (input.siteId !== undefined) await hold(tx, 'sites', { id: input.siteId, accountId, mode });
    const created = await insertKey(tx, {
      ...{ accountId, mode, userId: userId ?? null, siteId: input.siteId ?? null, style, scopes },
      ...{ expiresAt: input.expiresAt ?? null, at },
    });
    await recordAudit(tx, {
      accountId,
      actor: input.actor,
      action: 'key.create',
      subject: created.key.id,
      details: {
        ...{ mode, style, scopes },
        ...(userId === undefined ? {} : { userId }),
        ...(input.siteId === undefined ? {} : { siteId: input.siteId }),
      },
      at,
    });
    return created;
  });
}

/** Until the commit: whoever removes somebody, or a site, ends their keys. */
async function hold(
  tx: Db,
  table: 'users' | 'sites',
  { id, accountId, mode }: { id: string; accountId: string; mode: Mode },
): Promise<void> {
  const row = await tx
    .selectFrom(table)
    .select('id')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .forKeyShare()
    .executeTakeFirst();
  if (row !== undefined) return;
  const field = table === 'users' ? 'user' : 'site';
  throw new CoreError('key.bad_input', `There is no ${field} "${id}" in the ${mode} mode of the account.`, { field });
}

export interface NewKey {
  accountId: string;
  mode: Mode;
  userId: string | null;
  siteId: string | null;
  style: KeyStyle;
  scopes: string[];
  expiresAt: Date | null;
  at: Date;
}

export async function insertKey(tx: Db, key: NewKey): Promise<CreatedKey> {
  const secret = mintKey(key.style, key.mode);
  const row = await tx
    .insertInto('api_keys')
    .values({
      id: newId('key', key.at.getTime()),
      account_id: key.accountId,
      mode: key.mode,
      user_id: key.userId,
      site_id: key.siteId,
      style: key.style,
      scopes: key.scopes,
      hash: hashKey(secret),
      hint: keyHint(secret),
      created_at: key.at,
      expires_at: key.expiresAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { key: toApiKey(row), secret };
}
