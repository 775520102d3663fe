import { sql, type Transaction } from 'kysely';
import { attachmentLink, type Attachment } from '#core/attachments/index.js';
import type { Core, WebhookResult } from '#core/core.js';
import type { Event, EventType } from '#core/events.js';
import type { Mode, Tables } from '#core/tables.js';
import { retryDelayMs, SWITCH_OFF_AFTER_MS } from '#core/webhooks/retry-schedule.js';
import { webhookHeaders } from '#core/webhooks/sign-webhook.js';
import { webhookSecrets } from '#core/webhooks/webhook-secrets.js';
import { untilWritten } from '#core/until-written.js';
import { ClaimingLoop } from '#jobs/claiming-loop.js';

/** Deliveries in flight to one endpoint and in all; a dead endpoint holds up only its own. */
const PER_ORIGIN = 8;
const IN_FLIGHT = 256;
const IDLE_MS = 1000;
const EXCERPT_CHARACTERS = 500;

interface DueDelivery {
  id: string;
  origin_id: string;
  account_id: string;
  url: string;
  dialect: string;
  attempts: number;
  event_id: string;
  mode: Mode;
  type: EventType;
  subject: string;
  data: Record<string, unknown>;
  event_at: Date;
  endpoint_id: string | null;
  /** Of the registered endpoint. */
  enabled: boolean | null;
  secret_encrypted: Buffer | null;
}

/** Nothing to post: the dialect has no such event, or the endpoint is not there any more. */
type Unsent = 'not_in_dialect' | 'endpoint_gone' | 'forgotten';

/** Posts what is due, writes down every attempt, and tries again with growing waits. At least once, never lost. */
export class WebhookCourier {
  readonly #loop: ClaimingLoop<DueDelivery>;
  #listeners = new Set<(delivery: SentDelivery) => void>();

  constructor(
    private readonly core: Core,
    /** Told in the transaction that switches an origin off, or on again because something has arrived there. */
    private readonly told: {
      off: (tx: Transaction<Tables>, off: SwitchedOff) => Promise<void>;
      on: (tx: Transaction<Tables>, on: SwitchedOn) => Promise<void>;
      /**
       * In the transaction that writes down that a receiver took what its dialect awaits. What was put on its way by it
       * leaves after that.
       */
      arrived: (tx: Transaction<Tables>, event: ArrivedEvent) => Promise<void>;
    },
  ) {
    this.#loop = new ClaimingLoop(core, {
      names: { claim: 'claim deliveries', work: 'deliver webhook' },
      most: IN_FLIGHT,
      idleMs: IDLE_MS,
      claim: (at, room, busy) => this.#lease(at, room, busy),
      nextAt: (at) => this.#nextAt(at),
      work: (delivery) => this.#deliver(delivery),
      originOf: (delivery) => delivery.origin_id,
    });
  }

  start(): void {
    this.#loop.wake();
  }

  wake = (): void => this.#loop.wake();

  /** Claims nothing more; what is in flight is the background's to wait for. */
  stop(): void {
    this.#loop.stop();
  }

  /** Takes due deliveries, endpoint by endpoint, so that a long queue for one does not hide the others. */
  async #lease(now: Date, room: number, busy: ReadonlyMap<string, number>): Promise<DueDelivery[]> {
    const inFlight = JSON.stringify(Object.fromEntries(busy));
    const { rows } = await sql<DueDelivery>`
      with due as (
        select d.id from webhook_origins o
        cross join lateral (
          select id from deliveries
          where origin_id = o.id and status = 'pending' and node_id is null and next_at <= ${now}
          order by next_at
          limit greatest(0, ${PER_ORIGIN}::int - coalesce((${inFlight}::jsonb ->> o.id)::int, 0))
          for update skip locked
        ) d
        where o.disabled_at is null
        limit ${room}
      ), leased as (
        update deliveries set node_id = ${this.core.node} from due where deliveries.id = due.id
        returning deliveries.*
      )
      select l.id, l.origin_id, l.account_id, l.url, l.dialect, l.attempts, l.event_id, l.mode, l.endpoint_id,
        e.type, e.subject, e.data, e.created_at as event_at, w.enabled, w.secret_encrypted
      from leased l join events e on e.id = l.event_id left join webhook_endpoints w on w.id = l.endpoint_id
      order by l.created_at, l.id`.execute(this.core.db);
    return rows;
  }

  async #nextAt(now: Date): Promise<Date | null | undefined> {
    const next = await this.core.db
      .selectFrom('deliveries')
      .select(({ fn }) => fn.min('next_at').as('at'))
      .where('status', '=', 'pending')
      .where('node_id', 'is', null)
      .where('next_at', '>', now)
      .executeTakeFirst();
    return next?.at;
  }

  async #deliver(delivery: DueDelivery): Promise<void> {
    this.core.killPoint('delivery.claimed');
    try {
      const startedAt = new Date(this.core.clock.now());
      const result = await this.#post(delivery, startedAt);
      this.core.killPoint('delivery.posted');
      await this.#record(delivery, startedAt, result);
      this.core.killPoint('delivery.recorded');
    } catch (error) {
      // The lease must not outlive the try: the next claim finds the delivery again.
      await untilWritten(this.core, async (tx) => {
        await tx.updateTable('deliveries').set({ node_id: null }).where('id', '=', delivery.id).execute();
      });
      throw error;
    }
  }

  async #post(delivery: DueDelivery, at: Date): Promise<WebhookResult | Unsent> {
    if (delivery.endpoint_id !== null && delivery.enabled !== true) return 'endpoint_gone';
    if (Object.keys(delivery.data).length === 0) return 'forgotten';
    const event: Event = {
      id: delivery.event_id,
      accountId: delivery.account_id,
      mode: delivery.mode,
      type: delivery.type,
      subject: delivery.subject,
      data: withLinks(this.core, delivery),
      at: delivery.event_at,
    };
    const own = delivery.secret_encrypted === null ? undefined : this.core.secrets.open(delivery.secret_encrypted);
    const rendered = this.core.dialects[delivery.dialect]?.render(event, own);
    if (rendered === undefined) return 'not_in_dialect';
    const body = JSON.stringify(rendered.body);
    const secrets = own === undefined ? await webhookSecrets(this.core, delivery.account_id) : [own];
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Sidetone-Webhooks/1',
      ...rendered.headers,
      ...webhookHeaders(delivery.id, at, body, secrets),
      ...(own === undefined ? {} : rendered.sign?.(body, own)),
      ...(delivery.mode === 'test' ? { 'sidetone-mode': 'test' } : {}),
    };
    const result = await this.core.postWebhook({ url: delivery.url, headers, body });
    for (const listener of this.#listeners) {
      listener({ accountId: delivery.account_id, url: delivery.url, headers, body, result });
    }
    return result;
  }

  /** Sees every delivery as it was sent; for `webhooks listen`. */
  onSent(listener: (delivery: SentDelivery) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #record(delivery: DueDelivery, at: Date, result: WebhookResult | Unsent): Promise<void> {
    const now = new Date(this.core.clock.now());
    const attempts = delivery.attempts + 1;
    if (typeof result === 'string') return this.#recordUnsent(delivery, now, result);
    const { ok } = result;
    const awaited = ok && this.core.dialects[delivery.dialect]?.awaited?.includes(delivery.type) === true;
    const retryMs = ok ? undefined : retryDelayMs(attempts, Math.random());
    const switchedOff = await untilWritten(this.core, async (tx) => {
      const endpoint = ok ? await this.#endpointWorks(tx, delivery, now) : await this.#endpointFails(tx, delivery, now);
      await tx
        .insertInto('delivery_attempts')
        .values((outer) => ({
          delivery_id: delivery.id,
          attempt: outer
            .selectFrom('delivery_attempts')
            .where('delivery_id', '=', delivery.id)
            .select((inner) =>
              inner(inner.fn.coalesce(inner.fn.max('attempt'), inner.val(0)), '+', inner.val(1)).as('next'),
            ),
          at,
          duration_ms: Math.max(0, now.getTime() - at.getTime()),
          status_code: 'statusCode' in result ? result.statusCode : null,
          error: 'error' in result ? result.error.slice(0, EXCERPT_CHARACTERS) : null,
          response_excerpt: 'excerpt' in result ? result.excerpt.slice(0, EXCERPT_CHARACTERS) : null,
        }))
        .execute();
      const again = retryMs !== undefined && endpoint === 'on';
      await tx
        .updateTable('deliveries')
        .set({
          status: ok ? 'delivered' : again ? 'pending' : 'failed',
          attempts,
          next_at: again ? new Date(now.getTime() + retryMs) : null,
          node_id: null,
          delivered_at: ok ? now : null,
        })
        .where('id', '=', delivery.id)
        .execute();
      if (awaited) await this.told.arrived(tx, { ...delivery, id: delivery.event_id });
      return endpoint === 'switched off now';
    });
    if (awaited) this.#loop.wake();
    if (switchedOff) {
      this.core.log.warn(
        { account: delivery.account_id, origin: new URL(delivery.url).origin },
        'a webhook endpoint is switched off after long failure',
      );
      this.core.wake.emails();
    }
  }

  /** An event that the dialect does not have is done with; what an endpoint that is gone did not get has failed, and so
   * has what was erased meanwhile. */
  async #recordUnsent(delivery: DueDelivery, now: Date, why: Unsent): Promise<void> {
    const done = why === 'not_in_dialect';
    await untilWritten(this.core, async (tx) => {
      await tx
        .updateTable('deliveries')
        .set({ status: done ? 'delivered' : 'failed', next_at: null, node_id: null, delivered_at: done ? now : null })
        .where('id', '=', delivery.id)
        .execute();
    });
  }

  async #endpointWorks(tx: Transaction<Tables>, delivery: DueDelivery, at: Date): Promise<'on'> {
    const failing = await tx
      .selectFrom('webhook_origins')
      .select('disabled_at')
      .where('id', '=', delivery.origin_id)
      .where('failing_since', 'is not', null)
      .forUpdate()
      .executeTakeFirst();
    if (failing === undefined) return 'on';
    await tx
      .updateTable('webhook_origins')
      .set({ failing_since: null, disabled_at: null })
      .where('id', '=', delivery.origin_id)
      .execute();
    // It was on its way when another one failed for the last time.
    if (failing.disabled_at !== null) {
      const origin = new URL(delivery.url).origin;
      await this.told.on(tx, { id: delivery.origin_id, accountId: delivery.account_id, origin, at });
    }
    return 'on';
  }

  /** Notes since when it fails; after long failure switches it off, and what waits for it has failed. */
  async #endpointFails(
    tx: Transaction<Tables>,
    delivery: DueDelivery,
    now: Date,
  ): Promise<'on' | 'off' | 'switched off now'> {
    const origin = await tx
      .selectFrom('webhook_origins')
      .select(['failing_since', 'disabled_at'])
      .where('id', '=', delivery.origin_id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (origin.disabled_at !== null) return 'off';
    if (origin.failing_since === null) {
      await tx
        .updateTable('webhook_origins')
        .set({ failing_since: now })
        .where('id', '=', delivery.origin_id)
        .execute();
      return 'on';
    }
    if (now.getTime() - origin.failing_since.getTime() < SWITCH_OFF_AFTER_MS) return 'on';
    await tx.updateTable('webhook_origins').set({ disabled_at: now }).where('id', '=', delivery.origin_id).execute();
    await tx
      .updateTable('deliveries')
      .set({ status: 'failed', next_at: null })
      .where('origin_id', '=', delivery.origin_id)
      .where('status', '=', 'pending')
      .where('node_id', 'is', null)
      .execute();
    await this.told.off(tx, {
      ...{ id: delivery.origin_id, accountId: delivery.account_id, origin: new URL(delivery.url).origin },
      ...{ failingSince: origin.failing_since, at: now },
    });
    return 'switched off now';
  }
}

/** An awaited event that was taken. */
export type ArrivedEvent = Pick<Event, 'id' | 'type' | 'subject' | 'data'>;

export interface SwitchedOn {
  id: string;
  accountId: string;
  /** Scheme, host and port: what an account's URLs there have in common. */
  origin: string;
  at: Date;
}

/** An endpoint that has failed for so long that nothing is sent there any more. */
export interface SwitchedOff extends SwitchedOn {
  failingSince: Date;
}

export interface SentDelivery {
  accountId: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  result: WebhookResult;
}

/** A link ends, so it is made as it is sent, and written nowhere. */
function withLinks(core: Core, { account_id: accountId, mode, data }: DueDelivery): Record<string, unknown> {
  const files = data['attachments'] as Attachment[] | undefined;
  if (files === undefined) return data;
  const linked = files.map((file) => ({ ...file, link: attachmentLink(core, { accountId, mode }, file) }));
  return { ...data, attachments: linked };
}
