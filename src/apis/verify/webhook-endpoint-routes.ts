import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { ENDPOINT_DIALECT, INTEGRATION_DIALECT } from '#apis/verify/callbacks.js';
import {
  deletedSchema,
  listSchema,
  objectSchema,
  presentDeleted,
  presentHead,
  presentList,
  presentTime,
  strict,
} from '#apis/verify/present-object.js';
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
const DIALECTS = { endpoint: ENDPOINT_DIALECT, integration: INTEGRATION_DIALECT };

const OWN_DIALECTS: readonly string[] = Object.values(DIALECTS);

const Params = Type.Object({ id: Type.String() });
const System = Type.Union([Type.Literal('endpoint'), Type.Literal('integration')], {
  description:
    'Which form events have: `endpoint` sends `{event, created_at, data}` signed in `telroi-signature`, ' +
    '`integration` sends `{event, tenantId, firedAt, data}` signed in `X-Telroi-Signature` where a secret was given.',
});
const MaybeText = Type.Union([Type.String(), Type.Null()]);
const FIELDS = {
  url: Type.String({ description: 'https, except while the server listens on loopback only.' }),
  events: Type.Array(Type.String(), {
    maxItems: 50,
    description: 'Their names are under `webhooks` in this document.',
  }),
};

const EndpointObject = objectSchema('webhook_endpoint', {
  id: Type.String(),
  system: System,
  ...FIELDS,
  description: MaybeText,
  enabled: Type.Boolean({ description: 'Disabled ones are told nothing.' }),
  failing_since: MaybeText,
  switched_off_at: Type.Union([Type.String(), Type.Null()], {
    description: 'Its host answered only failures for long. `enabled: true` or a replay has it tried again.',
  }),
  created_at: Type.String(),
  updated_at: Type.String(),
});
const WithSecret = Type.Object({
  ...EndpointObject.properties,
  secret: Type.Union([Type.String(), Type.Null()], { description: 'Shown this once.' }),
});

/** Those of this API; endpoints of others speak in other words, and are changed there. */
function ownerOf({ accountId, mode }: Caller) {
  return { accountId, mode, dialects: OWN_DIALECTS };
}

function presentEndpoint(endpoint: EndpointState): Static<typeof EndpointObject> {
  const { id, mode, dialect, url, events, description, enabled } = endpoint;
  return {
    ...presentHead('webhook_endpoint', mode),
    id,
    system: dialect === INTEGRATION_DIALECT ? 'integration' : 'endpoint',
    url,
    events,
    description: description ?? null,
    enabled,
    failing_since: optionalTime(endpoint.failingSince),
    switched_off_at: optionalTime(endpoint.switchedOffAt),
    created_at: presentTime(endpoint.createdAt),
    updated_at: presentTime(endpoint.updatedAt),
  };
}

function optionalTime(at: Date | undefined): string | null {
  return at === undefined ? null : presentTime(at);
}

/** Who is told of events, beside the URLs that requests name. */
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
        system: Type.Optional(System),
        description: Type.Optional(Type.String()),
        secret: Type.Optional(
          Type.String({
            description:
              'One that your receiver knows already: 16 to 255 printable characters. Absent: made up for ' +
              '`endpoint`, none for `integration`.',
          }),
        ),
      },
      strict,
    ),
    status: 201,
    returns: WithSecret,
    handle: async ({ core, auth, body }) => {
      const { system = 'endpoint', ...given } = body;
      const { accountId, mode, keyId: actor } = auth;
      const { id, secret } = await createEndpoint(core, {
        accountId,
        mode,
        actor,
        dialect: DIALECTS[system],
        ...given,
      });
      return { ...presentEndpoint(await findEndpoint(core, { accountId, mode, id })), secret: secret ?? null };
    },
  });

  table.get('/webhook_endpoints', {
    id: 'listWebhookEndpoints',
    tag,
    summary: 'List the endpoints, the oldest first',
    scope: 'webhooks:read',
    returns: listSchema(EndpointObject),
    handle: async ({ core, auth }) => presentList((await listEndpoints(core, ownerOf(auth))).map(presentEndpoint)),
  });

  table.get('/webhook_endpoints/:id', {
    id: 'getWebhookEndpoint',
    tag,
    summary: 'One endpoint',
    scope: 'webhooks:read',
    params: Params,
    returns: EndpointObject,
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
    returns: EndpointObject,
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
    returns: deletedSchema('webhook_endpoint'),
    handle: async ({ core, auth, params }) => {
      await removeEndpoint(core, { ...ownerOf(auth), id: params.id, actor: auth.keyId });
      return presentDeleted('webhook_endpoint', auth.mode, params.id);
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
    returns: objectSchema('webhook_delivery', { id: Type.String(), event: Type.String(), status: Type.String() }),
    handle: async ({ core, auth, params, body }) => {
      const { deliveryId, event } = await sendSample(core, { ...ownerOf(auth), id: params.id, event: body.event });
      return { ...presentHead('webhook_delivery', auth.mode), id: deliveryId, event, status: 'pending' };
    },
  });
}
