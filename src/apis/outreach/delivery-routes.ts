import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { parseInstant, presentOptionalTime, presentTime } from '#apis/outreach/parse-time.js';
import { EVENT_NAMES } from '#apis/outreach/callbacks.js';
import type { Caller } from '#core/accounts/index.js';
import { findDelivery, listDeliveries, replayDeliveries, type Delivery } from '#core/webhooks/index.js';

const tag = 'Webhook deliveries';
const strict = { additionalProperties: false };
const Params = Type.Object({ id: Type.String() });

function presentDelivery(delivery: Delivery) {
  return {
    delivery_id: delivery.id,
    // Of a registered endpoint's event that this door has no name for: core's.
    event: EVENT_NAMES[delivery.type as keyof typeof EVENT_NAMES] ?? delivery.type,
    call_id: delivery.subject,
    url: delivery.url,
    status: delivery.status,
    attempts: delivery.attempts,
    next_attempt_at: presentOptionalTime(delivery.nextAt),
    created_at: presentTime(delivery.createdAt),
    delivered_at: presentOptionalTime(delivery.deliveredAt),
  };
}

/** What was sent to the account's webhooks, every attempt, and sending it again. */
export function deliveryRoutes(table: RouteTable<Caller>): void {
  table.get('/webhook_deliveries', {
    id: 'listDeliveries',
    tag,
    summary: 'List deliveries, the newest first',
    scope: 'webhooks:read',
    query: Type.Object(
      {
        limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
        cursor: Type.Optional(Type.String()),
        status: Type.Optional(Type.Union([Type.Literal('pending'), Type.Literal('delivered'), Type.Literal('failed')])),
        call_id: Type.Optional(Type.String()),
      },
      strict,
    ),
    handle: async ({ core, auth, query }) => {
      const { deliveries, next } = await listDeliveries(core, auth, {
        limit: query.limit,
        after: query.cursor,
        status: query.status,
        subject: query.call_id,
      });
      return { deliveries: deliveries.map(presentDelivery), next_cursor: next ?? null };
    },
  });

  table.get('/webhook_deliveries/:id', {
    id: 'getDelivery',
    tag,
    summary: 'One delivery with its attempts',
    scope: 'webhooks:read',
    params: Params,
    handle: async ({ core, auth, params }) => {
      const delivery = await findDelivery(core, auth, params.id);
      return {
        ...presentDelivery(delivery),
        tries: delivery.tries.map((attempt) => ({
          attempt: attempt.attempt,
          at: presentTime(attempt.at),
          duration_ms: attempt.durationMs,
          status_code: attempt.statusCode ?? null,
          error: attempt.error ?? null,
          response_excerpt: attempt.responseExcerpt ?? null,
        })),
      };
    },
  });

  table.post('/webhook_deliveries/:id/replay', {
    id: 'replayDelivery',
    tag,
    summary: 'Send one delivery again',
    description: 'Under the same `webhook-id`, whatever became of it.',
    scope: 'webhooks:write',
    params: Params,
    status: 202,
    handle: async ({ core, auth, params }) => ({
      replayed: await replayDeliveries(core, { accountId: auth.accountId, mode: auth.mode, id: params.id }),
    }),
  });

  table.post('/webhook_deliveries/replay', {
    id: 'replayDeliveries',
    tag,
    summary: 'Send the deliveries of a span of time again',
    scope: 'webhooks:write',
    body: Type.Object(
      {
        since: Type.String({ description: 'ISO 8601 with offset.' }),
        until: Type.Optional(Type.String()),
        failed_only: Type.Optional(Type.Boolean({ description: 'Default: true.' })),
      },
      strict,
    ),
    status: 202,
    handle: async ({ core, auth, body }) => ({
      replayed: await replayDeliveries(core, {
        accountId: auth.accountId,
        mode: auth.mode,
        since: parseInstant('since', body.since),
        until: body.until === undefined ? undefined : parseInstant('until', body.until),
        failedOnly: body.failed_only,
      }),
    }),
  });
}
