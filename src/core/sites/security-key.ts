import { randomBytes } from 'node:crypto';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Site } from '#core/sites/site.js';

/** With what the shop's server vouches for the address of a visitor. Its text is the key, as it is written. */
export function newSecurityKey(): string {
  return randomBytes(32).toString('hex');
}

/**
 * A new one, which cannot be read again. What was signed with the old one is believed no more.
 * @throws CoreError `site.not_found`
 */
export async function rollSecurityKey(
  core: Pick<Core, 'db' | 'clock' | 'secrets'>,
  { id, accountId, slug, mode }: Site,
  actor: string,
): Promise<string> {
  const key = newSecurityKey();
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const rolled = await tx
      .updateTable('sites')
      .set({ security_key_encrypted: core.secrets.seal(key), updated_at: at })
      .where('id', '=', id)
      .executeTakeFirst();
    if (rolled.numUpdatedRows === 0n) throw new CoreError('site.not_found', 'The site is gone.');
    const details = { slug, mode };
    await recordAudit(tx, { accountId, actor, action: 'site.roll_security_key', subject: id, details, at });
  });
  return key;
}
