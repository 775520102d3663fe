import Type, { type Static } from 'typebox';
import { APP_DIALECT, CLASSIC_DIALECT } from '#apis/referrals/callbacks.js';
import { presentTime, presentTimeOrNull } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import type { Site } from '#core/sites/index.js';
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
const DIALECTS = { webhooks: CLASSIC_DIALECT, custom_app: APP_DIALECT } as const;

const Text = Type.String();
const MaybeText = Type.Union([Text, Type.Null()]);
const Params = Type.Object({ id: Type.String({ maxLength: 64 }) });
const Url = Type.String({ maxLength: 2000, description: 'https, except while the server listens on loopback only.' });
const Events = Type.Array(Type.String({ maxLength: 64 }), {
  minItems: 1,
  maxItems: 20,
  description: 'Types of `webhooks`, or actions of a `custom_app`: see `webhooks` in this document.',
  examples: [['referral_web_hook', 'reward_web_hook']],
});
const Style = Type.Enum(['webhooks', 'custom_app'], {
  description:
    '`webhooks`: with `key`, `type` and `payload`. `custom_app`: chosen actions, signed in `x-talkable-signature`.',
});
const Description = Type.String({ maxLength: 200 });

const EndpointObject = Type.Object({
  id: Text,
  style: Style,
  url: Text,
  events: Type.Array(Text),
  description: MaybeText,
  enabled: Type.Boolean({
    description: 'Disabled ones are told nothing more. What they were told before holds up rewards until it arrives.',
  }),
  failing_since: MaybeText,
  switched_off_at: Type.Union([Text, Type.Null()], {
    description: 'Its host answered only failures for long. `enabled: true` or a replay has it tried again.',
  }),
  created_at: Text,
  updated_at: Text,
});
const Secret = Type.String({ description: '`key` in what is posted, and the key of its signatures. Shown this once.' });

/** Whose endpoints and deliveries are meant. */
export function scopeOf({ id: siteId, accountId, mode }: Site) {
  return { accountId, mode, siteId, dialects: Object.values(DIALECTS) };
}

/** URLs that are told of one site. */
export function webhookEndpointRoutes(table: SiteTable): void {
  table.get('/manage/webhook_endpoints', {
    id: 'listSiteWebhookEndpoints',
    summary: 'List the endpoints of the site, the oldest first',
    tag,
    scope: 'referrals:read',
    returns: Type.Object({ webhook_endpoints: Type.Array(EndpointObject) }),
    handle: async ({ core, site }) => ({
      webhook_endpoints: (await listEndpoints(core, scopeOf(site))).map((endpoint) => presentEndpoint(endpoint, site)),
    }),
  });

  table.post('/manage/webhook_endpoints', {
    id: 'createSiteWebhookEndpoint',
    summary: 'Register a URL for events of the site',
    tag,
    scope: 'referrals:write',
    secretReply: true,
    status: 201,
    body: Type.Object(
      {
        url: Url,
        events: Events,
        style: Type.Optional(Style),
        description: Type.Optional(Description),
        secret: Type.Optional(
          Type.String({ maxLength: 255, description: '16 to 255 printable characters. Absent: made up.' }),
        ),
      },
      {
        ...strict,
        examples: [{ url: 'https://shop.example/referrals', events: ['referral_web_hook', 'reward_web_hook'] }],
      },
    ),
    returns: Type.Object({ webhook_endpoint: EndpointObject, secret: Secret }),
    async handle({ core, auth, site, body: { style = 'webhooks', ...body } }) {
      const { id, secret } = await createEndpoint(core, {
        ...body,
        ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, actor: auth.keyId },
        dialect: DIALECTS[style],
      });
      if (secret === undefined) throw new Error('an endpoint was made without a secret');
      return { webhook_endpoint: presentEndpoint(await findEndpoint(core, { ...scopeOf(site), id }), site), secret };
    },
  });

  table.get('/manage/webhook_endpoints/:id', {
    id: 'getSiteWebhookEndpoint',
    summary: 'One endpoint',
    tag,
    scope: 'referrals:read',
    params: Params,
    returns: Type.Object({ webhook_endpoint: EndpointObject }),
    handle: async ({ core, site, params }) => ({
      webhook_endpoint: presentEndpoint(await findEndpoint(core, { ...scopeOf(site), id: params.id }), site),
    }),
  });

  table.put('/manage/webhook_endpoints/:id', {
    id: 'updateSiteWebhookEndpoint',
    summary: 'Change what is given',
    description: 'What waits goes to the new `url`. Disabling gives up what waits; a replay sends it later.',
    tag,
    scope: 'referrals:write',
    params: Params,
    body: Type.Object(
      {
        url: Type.Optional(Url),
        events: Type.Optional(Events),
        description: Type.Optional(Type.Union([Description, Type.Null()])),
        enabled: Type.Optional(Type.Boolean()),
      },
      { ...strict, examples: [{ events: ['referral_web_hook'], enabled: true }] },
    ),
    returns: Type.Object({ webhook_endpoint: EndpointObject }),
    async handle({ core, auth, site, params, body: { url, events, description, enabled } }) {
      const change = { url, events, description, enabled };
      await updateEndpoint(core, { ...change, ...scopeOf(site), id: params.id, actor: auth.keyId });
      return { webhook_endpoint: presentEndpoint(await findEndpoint(core, { ...scopeOf(site), id: params.id }), site) };
    },
  });

  table.delete('/manage/webhook_endpoints/:id', {
    id: 'removeSiteWebhookEndpoint',
    summary: 'Remove an endpoint, with what waits for it',
    tag,
    scope: 'referrals:write',
    params: Params,
    async handle({ core, auth, site, params }) {
      await removeEndpoint(core, { ...scopeOf(site), id: params.id, actor: auth.keyId });
      return {};
    },
  });

  table.post('/manage/webhook_endpoints/:id/roll_secret', {
    id: 'rollSiteWebhookSecret',
    summary: 'A new secret, which signs from now on',
    tag,
    scope: 'referrals:write',
    secretReply: true,
    params: Params,
    returns: Type.Object({ secret: Secret }),
    handle: async ({ core, auth, site, params }) => ({
      secret: await rollEndpointSecret(core, { ...scopeOf(site), id: params.id, actor: auth.keyId }),
    }),
  });

  table.post('/manage/webhook_endpoints/:id/test', {
    id: 'testSiteWebhookEndpoint',
    summary: 'Send it something that never happened',
    tag,
    scope: 'referrals:write',
    status: 202,
    params: Params,
    body: Type.Object(
      { event: Type.Optional(Type.String({ maxLength: 64 })) },
      { ...strict, examples: [{ event: 'referral_web_hook' }] },
    ),
    returns: Type.Object({ delivery_id: Text, event: Text }),
    async handle({ core, site, params, body }) {
      const sent = await sendSample(core, { ...scopeOf(site), id: params.id, event: body.event });
      return { delivery_id: sent.deliveryId, event: sent.event };
    },
  });
}

function presentEndpoint(endpoint: EndpointState, { timeZone }: Site): Static<typeof EndpointObject> {
  return {
    id: endpoint.id,
    style: endpoint.dialect === APP_DIALECT ? 'custom_app' : 'webhooks',
    url: endpoint.url,
    events: endpoint.events,
    description: endpoint.description ?? null,
    enabled: endpoint.enabled,
    failing_since: presentTimeOrNull(endpoint.failingSince ?? null, timeZone),
    switched_off_at: presentTimeOrNull(endpoint.switchedOffAt ?? null, timeZone),
    created_at: presentTime(endpoint.createdAt, timeZone),
    updated_at: presentTime(endpoint.updatedAt, timeZone),
  };
}
