import { sql } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { newWebhookSecret } from '#core/webhooks/sign-webhook.js';
import {
  checkDescription,
  checkSecret,
  chosenEvents,
  MOST_ENDPOINTS,
  toEndpoint,
  type EndpointOwner,
  type WebhookEndpoint,
} from '#core/webhooks/webhook-endpoint.js';
import { checkWebhookUrl } from '#core/webhooks/webhook-url.js';

export interface CreateEndpoint extends EndpointOwner {
  url: string;
  dialect: string;
  /** As the dialect calls them. */
  events: readonly string[];
  /** One that the receiver knows already. Absent: made up where the dialect wants one, else none. */
  secret?: string | undefined;
  description?: string | undefined;
  /** Told of this site alone. */
  siteId?: string | undefined;
  actor: string;
}

/**
 * Registers a URL for events. The secret is shown here, and never again.
 * Throws `webhook.bad_input`, `webhook.exists`, `webhook.too_many`.
 */
export async function createEndpoint(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'settings' | 'dialects'>,
  input: CreateEndpoint,
): Promise<WebhookEndpoint & { secret: string | undefined }> {
  const { accountId, mode, dialect, description, siteId = null } = input;
  const wrong = checkWebhookUrl(input.url, core.settings);
  if (wrong !== undefined) throw new CoreError('webhook.bad_input', wrong, { field: 'url' });
  // Written in one way, so that the same address is known again.
  const url = new URL(input.url).href;
  const chosen = chosenEvents(core, dialect, input.events);
  checkDescription(description);
  checkSecret(input.secret);
  const secret = input.secret ?? (core.dialects[dialect]?.ownSecret === true ? newWebhookSecret() : undefined);
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    // One after the other, so that the limit is exact.
    await tx.selectFrom('accounts').select('id').where('id', '=', accountId).forNoKeyUpdate().execute();
    const { n } = await tx
      .selectFrom('webhook_endpoints')
      .select(({ fn }) => fn.countAll<string>().as('n'))
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .where(sql<boolean>`site_id is not distinct from ${siteId}`)
      .executeTakeFirstOrThrow();
    if (Number(n) >= MOST_ENDPOINTS) {
      throw new CoreError('webhook.too_many', `There are at most ${MOST_ENDPOINTS} webhook endpoints.`);
    }
    const row = await tx
      .insertInto('webhook_endpoints')
      .values({
        id: newId('whe', at.getTime()),
        account_id: accountId,
        mode,
        url,
        dialect,
        ...chosen,
        secret_encrypted: secret === undefined ? null : core.secrets.seal(secret),
        description: description ?? null,
        site_id: siteId,
        created_at: at,
        updated_at: at,
      })
      .onConflict((conflict) =>
        conflict.columns(['account_id', 'mode', 'dialect', 'url', 'of_event', 'site_id']).doNothing(),
      )
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw urlExists();
    await recordAudit(tx, {
      accountId,
      actor: input.actor,
      action: 'webhook_endpoint.create',
      subject: row.id,
      details: { mode, url, dialect, events: chosen.events },
      at,
    });
    return { ...toEndpoint(row), secret };
  });
}

export function urlExists(): CoreError {
  return new CoreError('webhook.exists', 'This URL is registered already.', { field: 'url' });
}
