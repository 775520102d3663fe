import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { DIALECT } from '#apis/outreach/parse-call.js';
import { presentOptionalTime, presentTime } from '#apis/outreach/parse-time.js';
import type { Caller } from '#core/accounts/index.js';
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

const tag = 'Webhook endpoints';
const strict = { additionalProperties: false };
const Params = Type.Object({ id: Type.String() });
const MaybeText = Type.Union([Type.String(), Type.Null()]);
const FIELDS = {
  url: Type.String({ description: 'https, except while the server listens on loopback only.' }),
  events: Type.Array(Type.String(), {
    maxItems: 50,
    description: 'Their names are under `webhooks` in this document.',
    examples: [['sms.received', 'contact.optout']],
  }),
};
const Endpoint = Type.Object({
  webhook_endpoint_id: Type.String(),
  ...FIELDS,
  description: MaybeText,
  enabled: Type.Boolean({ description: 'Disabled ones are told nothing.' }),
  failing_since: MaybeText,
  switched_off_at: Type.Union([Type.String(), Type.Null()], {
    description: 'Its host answered only failures for long. `enabled: true` or a replay has it tried again.',
  }),
  live: Type.Boolean(),
  created_at: Type.String(),
  updated_at: Type.String(),
});
const WithSecret = Type.Object({
  ...Endpoint.properties,
  secret: Type.String({ description: 'Shown this once.' }),
});

/** Those of this API; endpoints of others speak in other words, and are changed there. */
function ownerOf({ accountId, mode }: Caller) {
  return { accountId, mode, dialects: [DIALECT] };
}

function presentEndpoint(endpoint: EndpointState): Static<typeof Endpoint> {
  return {
    webhook_endpoint_id: endpoint.id,
    url: endpoint.url,
    events: endpoint.events,
    description: endpoint.description ?? null,
    enabled: endpoint.enabled,
    failing_since: presentOptionalTime(endpoint.failingSince),
    switched_off_at: presentOptionalTime(endpoint.switchedOffAt),
    live: endpoint.mode === 'live',
    created_at: presentTime(endpoint.createdAt),
    updated_at: presentTime(endpoint.updatedAt),
  };
}

/** URLs that are told of an account's events, beside those that requests name; in this API's words. */
export function webhookEndpointRoutes(table: RouteTable<Caller>): void {
  table.post('/webhook_endpoints', {
    id: 'createWebhookEndpoint',
    tag,
    summary: 'Register a URL for events',
    scope: 'webhooks:write',
    secretReply: true,
    body: Type.Object(
      {
        ...FIELDS,
        description: Type.Optional(Type.String()),
        secret: Type.Optional(
          Type.String({
            description: 'One that your receiver knows already: 16 to 255 printable characters. Absent: made up.',
          }),
        ),
      },
      strict,
    ),
    status: 201,
    returns: WithSecret,
    handle: async ({ core, auth, body }) => {
      const { accountId, mode, keyId: actor } = auth;
      const { id, secret } = await createEndpoint(core, { accountId, mode, actor, dialect: DIALECT, ...body });
      if (secret === undefined) throw new Error('an endpoint was made without a secret');
      return { ...presentEndpoint(await findEndpoint(core, { accountId, mode, id })), secret };
    },
  });

  table.get('/webhook_endpoints', {
    id: 'listWebhookEndpoints',
    tag,
    summary: 'List the endpoints of this API, the oldest first',
    scope: 'webhooks:read',
    handle: async ({ core, auth }) => ({
      webhook_endpoints: (await listEndpoints(core, ownerOf(auth))).map(presentEndpoint),
    }),
  });

  table.get('/webhook_endpoints/:id', {
    id: 'getWebhookEndpoint',
    tag,
    summary: 'One endpoint',
    scope: 'webhooks:read',
    params: Params,
    returns: Endpoint,
    handle: async ({ core, auth, params }) =>
      presentEndpoint(await findEndpoint(core, { ...ownerOf(auth), id: params.id })),
  });

  table.patch('/webhook_endpoints/:id', {
    id: 'updateWebhookEndpoint',
    tag,
    summary: 'Change what is given',
    description: 'What waits goes to the new `url`. Disabling gives up what waits; a replay sends it later.',
    scope: 'webhooks:write',
    params: Params,
    body: Type.Object(
      {
        url: Type.Optional(FIELDS.url),
        events: Type.Optional(FIELDS.events),
        description: Type.Optional(MaybeText),
        enabled: Type.Optional(Type.Boolean()),
      },
      strict,
    ),
    returns: Endpoint,
    handle: async ({ core, auth, params, body }) => {
      const owner = ownerOf(auth);
      const { id } = await updateEndpoint(core, { ...body, ...owner, actor: auth.keyId, id: params.id });
      return presentEndpoint(await findEndpoint(core, { ...owner, id }));
    },
  });

  table.delete('/webhook_endpoints/:id', {
    id: 'deleteWebhookEndpoint',
    tag,
    summary: 'Remove an endpoint; what waits for it is given up',
    scope: 'webhooks:write',
    params: Params,
    handle: async ({ core, auth, params }) => {
      await removeEndpoint(core, { ...ownerOf(auth), id: params.id, actor: auth.keyId });
      return undefined;
    },
  });

  table.post('/webhook_endpoints/:id/roll_secret', {
    id: 'rollWebhookEndpointSecret',
    tag,
    summary: 'Make a new secret; it signs at once, in place of the old one',
    scope: 'webhooks:write',
    secretReply: true,
    params: Params,
    returns: WithSecret,
    handle: async ({ core, auth, params }) => {
      const asked = { ...ownerOf(auth), id: params.id };
      const secret = await rollEndpointSecret(core, { ...asked, actor: auth.keyId });
      return { ...presentEndpoint(await findEndpoint(core, asked)), secret };
    },
  });

  table.post('/webhook_endpoints/:id/test', {
    id: 'testWebhookEndpoint',
    tag,
    summary: 'Send a sample event',
    description: 'By the way of all events, with signatures and retries. `event`: one that the endpoint is told of.',
    scope: 'webhooks:write',
    params: Params,
    body: Type.Object({ event: Type.Optional(Type.String()) }, strict),
    handle: async ({ core, auth, params, body }) => {
      const { deliveryId, event } = await sendSample(core, { ...ownerOf(auth), id: params.id, event: body.event });
      return { delivery_id: deliveryId, event, status: 'pending' };
    },
  });
}
