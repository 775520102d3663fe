import { sql, type Selectable, type Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Tables, WebhookEndpointTable } from '#core/tables.js';
import { urlExists } from '#core/webhooks/create-endpoint.js';
import {
  checkDescription,
  chosenEvents,
  endpointNotFound,
  toEndpoint,
  type EndpointScope,
  type WebhookEndpoint,
} from '#core/webhooks/webhook-endpoint.js';
import { findOrigins, switchOnOrigins } from '#core/webhooks/webhook-origins.js';
import { checkWebhookUrl } from '#core/webhooks/webhook-url.js';

export interface UpdateEndpoint extends EndpointScope {
  id: string;
  url?: string | undefined;
  events?: readonly string[] | undefined;
  /** Null takes it away. */
  description?: string | null | undefined;
  /** False: it is told nothing. True also lets its origin be tried again after long failure. */
  enabled?: boolean | undefined;
  actor: string;
}

type Row = Selectable<WebhookEndpointTable>;

/**
 * Changes what is given. What waits for the endpoint goes to its new URL, or has failed when it is disabled.
 * Throws `webhook.not_found`, `webhook.bad_input`, `webhook.exists`.
 */
export async function updateEndpoint(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'dialects' | 'wake'>,
  input: UpdateEndpoint,
): Promise<WebhookEndpoint> {
  const { description, enabled } = input;
  const wrong = input.url === undefined ? undefined : checkWebhookUrl(input.url, core.settings);
  if (wrong !== undefined) throw new CoreError('webhook.bad_input', wrong, { field: 'url' });
  const url = input.url === undefined ? undefined : new URL(input.url).href;
  checkDescription(description ?? undefined);
  const at = new Date(core.clock.now());
  const updated = await inTransaction(core.db, async (tx) => {
    const before = await lockEndpoint(tx, input);
    const chosen = input.events === undefined ? undefined : chosenEvents(core, before.dialect, input.events);
    const next = { ...before, url: url ?? before.url, of_event: chosen?.of_event ?? before.of_event };
    if (next.url !== before.url || next.of_event !== before.of_event) await refuseTaken(tx, next);
    const row = await tx
      .updateTable('webhook_endpoints')
      .set({
        ...(url === undefined ? {} : { url }),
        ...chosen,
        ...(description === undefined ? {} : { description }),
        ...(enabled === undefined ? {} : { enabled }),
        updated_at: at,
      })
      .where('id', '=', before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    if (row.url !== before.url) await redirect(tx, row, at);
    if (enabled === false) await giveUp(tx, row.id);
    if (enabled === true) await switchOnOrigins(tx, [await originOf(tx, row, at)]);
    const changed = Object.keys(input).filter((name) => ['url', 'events', 'description', 'enabled'].includes(name));
    await recordAudit(tx, {
      accountId: input.accountId,
      actor: input.actor,
      action: 'webhook_endpoint.update',
      subject: row.id,
      details: { changed, ...(url === undefined ? {} : { url }), ...(enabled === undefined ? {} : { enabled }) },
      at,
    });
    return toEndpoint(row);
  });
  core.wake.deliveries();
  return updated;
}

/** Ends the endpoint and what waits for it; what was sent stays on record. Throws `webhook.not_found`. */
export async function removeEndpoint(
  core: Pick<Core, 'db' | 'clock'>,
  input: EndpointScope & { id: string; actor: string },
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const { id, url } = await lockEndpoint(tx, input);
    await giveUp(tx, id);
    await tx.deleteFrom('webhook_endpoints').where('id', '=', id).execute();
    const { accountId, actor } = input;
    await recordAudit(tx, { accountId, actor, action: 'webhook_endpoint.remove', subject: id, details: { url }, at });
  });
}

/** Throws `webhook.not_found`. */
export async function lockEndpoint(tx: Transaction<Tables>, input: EndpointScope & { id: string }): Promise<Row> {
  let query = tx
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('account_id', '=', input.accountId)
    .where('mode', '=', input.mode)
    .where('id', '=', input.id);
  if (input.dialects !== undefined) query = query.where('dialect', 'in', [...input.dialects]);
  if (input.siteId !== undefined) query = query.where('site_id', '=', input.siteId);
  const row = await query.forUpdate().executeTakeFirst();
  if (row === undefined) throw endpointNotFound(input.id);
  return row;
}

async function refuseTaken(
  tx: Transaction<Tables>,
  { id, account_id, mode, dialect, url, of_event, site_id }: Row,
): Promise<void> {
  // The order in which endpoints are made, so that two of them cannot get one URL.
  await tx.selectFrom('accounts').select('id').where('id', '=', account_id).forNoKeyUpdate().execute();
  const other = await tx
    .selectFrom('webhook_endpoints')
    .select('id')
    .where('account_id', '=', account_id)
    .where('mode', '=', mode)
    .where('dialect', '=', dialect)
    .where('url', '=', url)
    .where('of_event', '=', of_event)
    .where(sql<boolean>`site_id is not distinct from ${site_id}`)
    .where('id', '<>', id)
    .executeTakeFirst();
  if (other !== undefined) throw urlExists();
}

async function originOf(tx: Transaction<Tables>, { account_id, url }: Row, at: Date): Promise<string> {
  const origin = (await findOrigins(tx, account_id, [url], at)).get(new URL(url).origin);
  if (origin === undefined) throw new Error(`the origin of ${url} vanished while it was made`);
  return origin.id;
}

async function redirect(tx: Transaction<Tables>, row: Row, at: Date): Promise<void> {
  const origin_id = await originOf(tx, row, at);
  await tx
    .updateTable('deliveries')
    .set({ url: row.url, origin_id })
    .where('endpoint_id', '=', row.id)
    .where('status', '=', 'pending')
    .execute();
}

/** What the courier has in hand already it gives up by itself when it fails. */
async function giveUp(tx: Transaction<Tables>, endpointId: string): Promise<void> {
  await tx
    .updateTable('deliveries')
    .set({ status: 'failed', next_at: null })
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', 'pending')
    .where('node_id', 'is', null)
    .execute();
}
