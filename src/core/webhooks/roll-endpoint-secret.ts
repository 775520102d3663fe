import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { newWebhookSecret } from '#core/webhooks/sign-webhook.js';
import { lockEndpoint } from '#core/webhooks/update-endpoint.js';
import type { EndpointScope } from '#core/webhooks/webhook-endpoint.js';

/** A new secret for an endpoint, which signs from now on in place of the old one. Throws `webhook.not_found`. */
export async function rollEndpointSecret(
  core: Pick<Core, 'db' | 'clock' | 'secrets'>,
  input: EndpointScope & { id: string; actor: string },
): Promise<string> {
  const { accountId, actor } = input;
  const at = new Date(core.clock.now());
  const secret = newWebhookSecret();
  await inTransaction(core.db, async (tx) => {
    const { id } = await lockEndpoint(tx, input);
    await tx
      .updateTable('webhook_endpoints')
      .set({ secret_encrypted: core.secrets.seal(secret), updated_at: at })
      .where('id', '=', id)
      .execute();
    await recordAudit(tx, { accountId, actor, action: 'webhook_endpoint.roll_secret', subject: id, at });
  });
  return secret;
}
