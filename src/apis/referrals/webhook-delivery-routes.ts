import Type, { type Static } from 'typebox';
import { EVENT_NAMES } from '#apis/referrals/callbacks.js';
import { presentTime, presentTimeOrNull } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { scopeOf } from '#apis/referrals/webhook-endpoint-routes.js';
import type { Site } from '#core/sites/index.js';
import { findDelivery, listDeliveries, replayDeliveries, type Delivery } from '#core/webhooks/index.js';

const tag = 'Webhook endpoints';
const Text = Type.String();
const MaybeText = Type.Union([Text, Type.Null()]);
const Params = Type.Object({ id: Type.String({ maxLength: 64 }) });

const DELIVERY = {
  id: Text,
  event_id: Text,
  type: Type.String({ description: 'The type of the webhook.' }),
  url: Text,
  status: Type.Enum(['pending', 'delivered', 'failed']),
  attempts: Type.Integer(),
  next_attempt_at: MaybeText,
  created_at: Text,
  delivered_at: MaybeText,
};
const DeliveryObject = Type.Object(DELIVERY);
const Try = Type.Object({
  attempt: Type.Integer(),
  at: Text,
  duration_ms: Type.Integer(),
  status_code: Type.Union([Type.Integer(), Type.Null()]),
  error: MaybeText,
  response_excerpt: MaybeText,
});

/** What was sent to the endpoints of one site. */
export function webhookDeliveryRoutes(table: SiteTable): void {
  table.get('/manage/webhook_deliveries', {
    id: 'listSiteDeliveries',
    summary: 'What was sent, the newest first',
    tag,
    scope: 'referrals:read',
    query: Type.Object(
      {
        limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
        cursor: Type.Optional(Type.String({ maxLength: 64 })),
        status: Type.Optional(Type.Enum(['pending', 'delivered', 'failed'])),
      },
      { additionalProperties: false },
    ),
    returns: Type.Object({ webhook_deliveries: Type.Array(DeliveryObject), next_cursor: MaybeText }),
    async handle({ core, site, query: { limit, cursor, status } }) {
      const { deliveries, next } = await listDeliveries(core, scopeOf(site), { limit, after: cursor, status });
      return { webhook_deliveries: deliveries.map((one) => presentDelivery(one, site)), next_cursor: next ?? null };
    },
  });

  table.get('/manage/webhook_deliveries/:id', {
    id: 'getSiteDelivery',
    summary: 'One delivery with its attempts',
    tag,
    scope: 'referrals:read',
    params: Params,
    returns: Type.Object({ webhook_delivery: Type.Object({ ...DELIVERY, tries: Type.Array(Try) }) }),
    async handle({ core, site, params }) {
      const found = await findDelivery(core, scopeOf(site), params.id);
      const tries = found.tries.map((tried) => ({
        attempt: tried.attempt,
        at: presentTime(tried.at, site.timeZone),
        duration_ms: tried.durationMs,
        status_code: tried.statusCode ?? null,
        error: tried.error ?? null,
        response_excerpt: tried.responseExcerpt ?? null,
      }));
      return { webhook_delivery: { ...presentDelivery(found, site), tries } };
    },
  });

  table.post('/manage/webhook_deliveries/:id/replay', {
    id: 'replaySiteDelivery',
    summary: 'Send one delivery again',
    description: 'Under the same `webhook-id`, whatever became of it.',
    tag,
    scope: 'referrals:write',
    status: 202,
    params: Params,
    returns: Type.Object({ replayed: Type.Integer() }),
    async handle({ core, site, params }) {
      await findDelivery(core, scopeOf(site), params.id);
      const { accountId, mode } = site;
      return { replayed: await replayDeliveries(core, { accountId, mode, id: params.id }) };
    },
  });
}

function presentDelivery(delivery: Delivery, { timeZone }: Site): Static<typeof DeliveryObject> {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    type: EVENT_NAMES[delivery.type] ?? delivery.type,
    url: delivery.url,
    status: delivery.status,
    attempts: delivery.attempts,
    next_attempt_at: presentTimeOrNull(delivery.nextAt ?? null, timeZone),
    created_at: presentTime(delivery.createdAt, timeZone),
    delivered_at: presentTimeOrNull(delivery.deliveredAt ?? null, timeZone),
  };
}
