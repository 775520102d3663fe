import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { newId } from '#core/ids.js';
import { newWebhookSecret } from '#core/webhooks/sign-webhook.js';

/** How long a rolled secret signs beside the new one. */
const OVERLAP_MS = 24 * 3_600_000;

type Parts = Pick<Core, 'db' | 'clock' | 'secrets'>;

/** The secrets that sign an account's deliveries now, the newest first. */
export async function webhookSecrets(core: Parts, accountId: string): Promise<string[]> {
  const rows = await core.db
    .selectFrom('webhook_secrets')
    .select('secret_encrypted')
    .where('account_id', '=', accountId)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', new Date(core.clock.now()))]))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map((row) => core.secrets.open(row.secret_encrypted));
}

/** Makes the account's first secret, or a new one beside the old, which goes on signing for a day. */
export async function rollWebhookSecret(core: Parts, accountId: string): Promise<string> {
  const now = core.clock.now();
  const secret = newWebhookSecret();
  await inTransaction(core.db, async (tx) => {
    await tx
      .updateTable('webhook_secrets')
      .set({ expires_at: new Date(now + OVERLAP_MS) })
      .where('account_id', '=', accountId)
      .where('expires_at', 'is', null)
      .execute();
    await tx
      .insertInto('webhook_secrets')
      .values({
        id: newId('whs', now),
        account_id: accountId,
        secret_encrypted: core.secrets.seal(secret),
        created_at: new Date(now),
        expires_at: null,
      })
      .execute();
  });
  return secret;
}
