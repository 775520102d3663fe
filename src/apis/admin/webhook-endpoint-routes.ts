import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import type { Core } from '#core/core.js';
import type { Mode as ModeName } from '#core/tables.js';
import {
  createEndpoint,
  findEndpoint,
  listEndpoints,
  removeEndpoint,
  rollEndpointSecret,
  sendSample,
  updateEndpoint,
  type EndpointState,
} from '#core/webhooks/index.js';

const strict = { additionalProperties: false };
const Query = Type.Object({ ...AccountQuery.properties, mode: Mode });
const Params = Type.Object({ id: Type.String() });
const MaybeText = Type.Union([Type.String(), Type.Null()]);

/** URLs that are told of every event of their choice. */
export function addWebhookEndpointRoutes(table: AdminRoutes): void {
  table.get('/webhooks/endpoints', {
    id: 'listWebhookEndpoints',
    summary: 'The endpoints of an account, the oldest first',
    query: Query,
    handle: async ({ core, query }) => {
      const endpoints = await listEndpoints(core, await ownerOf(core, query));
      return { endpoints: endpoints.map(presentEndpoint) };
    },
  });

  table.post('/webhooks/endpoints', {
    id: 'createWebhookEndpoint',
    summary: 'Register a URL for events; the secret is shown here, and never again',
    query: Query,
    body: Type.Object(
      {
        url: Type.String(),
        dialect: Type.String(),
        events: Type.Array(Type.String()),
        secret: Type.Optional(Type.String()),
        description: Type.Optional(Type.String()),
      },
      strict,
    ),
    handle: async ({ core, query, body }) => {
      const owner = await ownerOf(core, query);
      const { id, secret } = await createEndpoint(core, { ...owner, ...body, actor: ACTOR });
      return { ...presentEndpoint(await findEndpoint(core, { ...owner, id })), secret: secret ?? null };
    },
  });

  table.get('/webhooks/endpoints/:id', {
    id: 'getWebhookEndpoint',
    summary: 'One endpoint',
    query: Query,
    params: Params,
    handle: async ({ core, query, params }) =>
      presentEndpoint(await findEndpoint(core, { ...(await ownerOf(core, query)), id: params.id })),
  });

  table.patch('/webhooks/endpoints/:id', {
    id: 'updateWebhookEndpoint',
    summary: 'Change what is given',
    query: Query,
    params: Params,
    body: Type.Object(
      {
        url: Type.Optional(Type.String()),
        events: Type.Optional(Type.Array(Type.String())),
        description: Type.Optional(MaybeText),
        enabled: Type.Optional(Type.Boolean()),
      },
      strict,
    ),
    handle: async ({ core, query, params, body }) => {
      const owner = await ownerOf(core, query);
      await updateEndpoint(core, { ...owner, ...body, id: params.id, actor: ACTOR });
      return presentEndpoint(await findEndpoint(core, { ...owner, id: params.id }));
    },
  });

  table.delete('/webhooks/endpoints/:id', {
    id: 'deleteWebhookEndpoint',
    summary: 'Remove an endpoint; what waits for it is given up',
    query: Query,
    params: Params,
    handle: async ({ core, query, params }) => {
      await removeEndpoint(core, { ...(await ownerOf(core, query)), id: params.id, actor: ACTOR });
      return undefined;
    },
  });

  table.post('/webhooks/endpoints/:id/roll', {
    id: 'rollWebhookEndpointSecret',
    summary: 'Make a new secret; it signs at once, in place of the old one',
    query: Query,
    params: Params,
    handle: async ({ core, query, params }) => {
      const owner = await ownerOf(core, query);
      return { secret: await rollEndpointSecret(core, { ...owner, id: params.id, actor: ACTOR }) };
    },
  });

  table.post('/webhooks/endpoints/:id/test', {
    id: 'testWebhookEndpoint',
    summary: 'Send a sample event',
    query: Query,
    params: Params,
    body: Type.Object({ event: Type.Optional(Type.String()) }, strict),
    handle: async ({ core, query, params, body }) => {
      const owner = await ownerOf(core, query);
      const { deliveryId, event } = await sendSample(core, { ...owner, id: params.id, event: body.event });
      return { delivery_id: deliveryId, event };
    },
  });
}

async function ownerOf(core: Pick<Core, 'db'>, query: { account?: string; mode: ModeName }) {
  const { id: accountId } = await chosenAccount(core, query);
  return { accountId, mode: query.mode };
}

function presentEndpoint(endpoint: EndpointState) {
  return {
    id: endpoint.id,
    mode: endpoint.mode,
    url: endpoint.url,
    dialect: endpoint.dialect,
    events: endpoint.events,
    description: endpoint.description ?? null,
    enabled: endpoint.enabled,
    failing_since: endpoint.failingSince ?? null,
    switched_off_at: endpoint.switchedOffAt ?? null,
    created_at: endpoint.createdAt,
  };
}
