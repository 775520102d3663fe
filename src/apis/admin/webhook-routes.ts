import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode, readTime } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminParts, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { replyFromNowOn } from '#apis/admin/json-lines.js';
import { recordAudit } from '#core/accounts/index.js';
import { CoreError } from '#core/errors.js';
import type { Mode as ModeName } from '#core/tables.js';
import {
  listDeliveries,
  replayDeliveries,
  rollWebhookSecret,
  webhookSecrets,
  type Delivery,
} from '#core/webhooks/index.js';

const Status = Type.Union([Type.Literal('pending'), Type.Literal('delivered'), Type.Literal('failed')]);
const LISTED_MAX = 500;
const LISTED = 50;

export function addWebhookRoutes(table: AdminRoutes, { courier }: AdminParts): void {
  table.get('/webhooks/deliveries', {
    id: 'listDeliveries',
    summary: 'Deliveries, the newest first',
    query: Type.Object({
      ...AccountQuery.properties,
      mode: Type.Optional(Mode),
      status: Type.Optional(Status),
      subject: Type.Optional(Type.String()),
      limit: Type.Integer({ minimum: 1, maximum: LISTED_MAX, default: LISTED }),
    }),
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { status, subject, limit } = query;
      const found: (Delivery & { mode: ModeName })[] = [];
      for (const mode of modesOf(query)) {
        const { deliveries } = await listDeliveries(core, { accountId, mode }, { status, subject, limit });
        found.push(...deliveries.map((delivery) => ({ ...delivery, mode })));
      }
      found.sort((one, other) => (one.id < other.id ? 1 : -1));
      return { deliveries: found.slice(0, limit).map(presentDelivery) };
    },
  });

  table.post('/webhooks/replay', {
    id: 'replayDeliveries',
    summary: 'Deliver again: one by its id, or those of a time that failed',
    query: AccountQuery,
    body: Type.Object(
      {
        mode: Type.Optional(Mode),
        id: Type.Optional(Type.String()),
        since: Type.Optional(Type.String()),
        until: Type.Optional(Type.String()),
        all: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: false },
    ),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const since = readTime(body.since, 'webhook.bad_input', 'since');
      const until = readTime(body.until, 'webhook.bad_input', 'until');
      let replayed = 0;
      let absent: CoreError | undefined;
      for (const mode of modesOf(body)) {
        try {
          const failedOnly = body.all === true ? false : undefined;
          replayed += await replayDeliveries(core, { accountId, mode, id: body.id, since, until, failedOnly });
        } catch (error) {
          // An id is of one mode; only one that is of none is not found.
          if (!(error instanceof CoreError && error.code === 'delivery.not_found')) throw error;
          absent = error;
        }
      }
      if (replayed === 0 && absent !== undefined) throw absent;
      const at = new Date(core.clock.now());
      const subject = body.id ?? accountId;
      await recordAudit(core.db, {
        accountId,
        actor: ACTOR,
        action: 'webhook.replay',
        subject,
        details: { replayed },
        at,
      });
      return { replayed };
    },
  });

  table.get('/webhooks/listen', {
    id: 'listenToDeliveries',
    summary: 'Deliveries as they are sent, signed; a JSON document a line',
    query: AccountQuery,
    returnsType: 'application/x-ndjson',
    handle: async ({ core, query, reply, closing }) => {
      const account = await chosenAccount(core, query);
      return replyFromNowOn(reply, closing, (give) =>
        courier.onSent(({ accountId, url, headers, body, result }) => {
          if (accountId === account.id) give({ url, headers, body, result });
        }),
      );
    },
  });

  table.get('/webhooks/secret', {
    id: 'showWebhookSecret',
    summary: 'The secret that signs deliveries to per-request URLs',
    query: AccountQuery,
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const [secret] = await webhookSecrets(core, accountId);
      return { secret: secret ?? (await rollWebhookSecret(core, accountId)) };
    },
  });

  table.post('/webhooks/secret/roll', {
    id: 'rollWebhookSecret',
    summary: 'Make a new secret; the old one signs too for a day',
    query: AccountQuery,
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const secret = await rollWebhookSecret(core, accountId);
      const at = new Date(core.clock.now());
      await recordAudit(core.db, {
        accountId,
        actor: ACTOR,
        action: 'webhook_secret.roll',
        subject: accountId,
        at,
      });
      return { secret };
    },
  });
}

function modesOf(input: { mode?: ModeName }): ModeName[] {
  return input.mode === undefined ? ['live', 'test'] : [input.mode];
}

function presentDelivery(delivery: Delivery & { mode: ModeName }) {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    event_type: delivery.type,
    subject: delivery.subject,
    mode: delivery.mode,
    url: delivery.url,
    status: delivery.status,
    attempts: delivery.attempts,
    next_at: delivery.nextAt ?? null,
    created_at: delivery.createdAt,
    delivered_at: delivery.deliveredAt ?? null,
  };
}
