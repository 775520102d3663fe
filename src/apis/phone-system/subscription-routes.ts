import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { DIALECT, SUBSCRIPTION_EVENTS } from '#apis/phone-system/callbacks.js';
import { dataOf, PageQuery, pageOf, presentPage } from '#apis/phone-system/page.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import {
  createEndpoint,
  findEndpoint,
  listEndpoints,
  removeEndpoint,
  type EndpointState,
} from '#core/webhooks/index.js';

const tag = 'Subscriptions';
const TYPES = Object.keys(SUBSCRIPTION_EVENTS);
const Subscription = Type.Object({
  id: Type.String(),
  type: Type.Enum(TYPES),
  hookUrl: Type.String(),
  enabled: Type.Boolean({ description: 'False: it was switched off, by hand or after failing for long.' }),
  createdAt: Type.String(),
});

function presentSubscription(endpoint: EndpointState): Static<typeof Subscription> {
  return {
    id: endpoint.id,
    type: endpoint.events[0] ?? '',
    hookUrl: endpoint.url,
    enabled: endpoint.enabled && endpoint.switchedOffAt === undefined,
    createdAt: presentTime(endpoint.createdAt),
  };
}

function ownerOf({ accountId, mode }: Caller) {
  return { accountId, mode, dialects: [DIALECT] };
}

/** URLs that are told of one kind of event each. */
export function subscriptionRoutes(table: RouteTable<Caller>): void {
  table.get('/subscriptions', {
    id: 'listSubscriptions',
    tag,
    summary: 'List the subscriptions, the oldest first',
    scope: 'webhooks:read',
    query: PageQuery,
    returns: pageOf(Subscription),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const all = await listEndpoints(core, ownerOf(auth));
      const start = (query.page - 1) * query.pageSize;
      const items = all.slice(start, start + query.pageSize).map(presentSubscription);
      return presentPage(handling, { items, total: all.length });
    },
  });

  table.post('/subscriptions', {
    id: 'createSubscription',
    tag,
    summary: 'Have a URL told of something that happens',
    description:
      'One subscription for a type and a URL. What does not arrive is tried again for more than a day. Nothing in the body ' +
      'says its type: put it into the URL if one URL is for several.',
    scope: 'webhooks:write',
    body: Type.Object(
      {
        hookUrl: Type.String({ description: 'https, except while the server listens on loopback only.' }),
        type: Type.Enum(TYPES),
      },
      { additionalProperties: false },
    ),
    status: 201,
    returns: dataOf(Subscription),
    handle: async ({ core, auth, body }) => {
      const { accountId, mode, keyId: actor } = auth;
      const asked = { accountId, mode, actor, dialect: DIALECT, url: body.hookUrl, events: [body.type] };
      const { id } = await createEndpoint(core, asked);
      return { data: presentSubscription(await findEndpoint(core, { accountId, mode, id })) };
    },
  });

  table.get('/subscriptions/:id', {
    id: 'getSubscription',
    tag,
    summary: 'One subscription',
    scope: 'webhooks:read',
    params: Type.Object({ id: Type.String() }),
    returns: dataOf(Subscription),
    handle: async ({ core, auth, params }) => ({
      data: presentSubscription(await findEndpoint(core, { ...ownerOf(auth), id: params.id })),
    }),
  });

  table.delete('/subscriptions/:id', {
    id: 'deleteSubscription',
    tag,
    summary: 'End a subscription; what waits for it is given up',
    scope: 'webhooks:write',
    params: Type.Object({ id: Type.String() }),
    handle: async ({ core, auth, params }) => {
      await removeEndpoint(core, { ...ownerOf(auth), id: params.id, actor: auth.keyId });
      return undefined;
    },
  });
}
