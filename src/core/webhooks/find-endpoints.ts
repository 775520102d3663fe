import type { Core } from '#core/core.js';
import {
  endpointNotFound,
  toEndpoint,
  type EndpointScope,
  type WebhookEndpoint,
} from '#core/webhooks/webhook-endpoint.js';

/** An endpoint and how it does. */
export type EndpointState = WebhookEndpoint & {
  /** Since when its origin has answered nothing but failures. */
  failingSince: Date | undefined;
  /** When its origin was switched off after long failure. */
  switchedOffAt: Date | undefined;
};

/** In the order of their making. */
export async function listEndpoints(
  core: Pick<Core, 'db'>,
  owner: EndpointScope,
  filter: { id?: string } = {},
): Promise<EndpointState[]> {
  let query = core.db
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode);
  if (owner.dialects !== undefined) query = query.where('dialect', 'in', [...owner.dialects]);
  if (owner.siteId !== undefined) query = query.where('site_id', '=', owner.siteId);
  if (filter.id !== undefined) query = query.where('id', '=', filter.id);
  const endpoints = (await query.orderBy('id').execute()).map(toEndpoint);
  if (endpoints.length === 0) return [];
  const origins = await core.db
    .selectFrom('webhook_origins')
    .select(['origin', 'failing_since', 'disabled_at'])
    .where('account_id', '=', owner.accountId)
    .where('origin', 'in', [...new Set(endpoints.map(({ url }) => new URL(url).origin))])
    .execute();
  return endpoints.map((endpoint) => {
    const state = origins.find(({ origin }) => origin === new URL(endpoint.url).origin);
    return {
      ...endpoint,
      failingSince: state?.failing_since ?? undefined,
      switchedOffAt: state?.disabled_at ?? undefined,
    };
  });
}

/** Throws `webhook.not_found`. */
export async function findEndpoint(
  core: Pick<Core, 'db'>,
  input: EndpointScope & { id: string },
): Promise<EndpointState> {
  const [found] = await listEndpoints(core, input, input);
  if (found === undefined) throw endpointNotFound(input.id);
  return found;
}
