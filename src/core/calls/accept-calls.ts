import { countryCode, isE164, isExtension } from '#core/address.js';
import type { Call } from '#core/calls/call.js';
import { isPremium } from '#core/calls/outbound-rule.js';
import { newCall, type NewCall, type PlaceCall } from '#core/calls/place-call.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { KEPT_MS, lockOf, type KeepWith } from '#core/kept-request.js';
import type { Purpose } from '#core/purpose.js';
import { addressHash, stoppingScopes, type AddressHash } from '#core/suppression/index.js';

/** What is known of a call the moment it is accepted. */
export type AcceptedCall = Pick<Call, 'id' | 'status' | 'to' | 'createdAt'>;

/** Runs a statement that its connection has parsed and planned before, by its name; gives its rows. */
export type RunPrepared = <Row>(statement: { name: string; text: string }, values: unknown[]) => Promise<Row[]>;

/** Calls in one statement. */
const MOST_TOGETHER = 128;
/** While one waits for its commit, the other is being made. */
const MOST_STATEMENTS = 2;
/** Requests that wait for their statement; more are told to come back. */
const MOST_WAITING = 4096;
/** The loop that claims calls looks again by itself after this time, milliseconds. */
const LOOKED_FOR_WITHIN_MS = 1000;

interface Waiting {
  call: NewCall;
  /** The call as the statement reads it. */
  row: Record<string, unknown>;
  /** Under which an Idempotency-Key is worked on. */
  lock: string | undefined;
  resolve: (accepted: AcceptedCall | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * Accepts the calls of many requests at once: those that wait while a commit is under way go together in one
 * statement, which checks each, writes its row and keeps its reply. It only ever accepts. Whatever it cannot accept is
 * left as it was, for `placeCall` to do alone, which says why not.
 */
export class CallIntake {
  readonly #waiting: Waiting[] = [];
  /** Of the requests that wait, or whose statement is being made. */
  readonly #locks = new Set<string>();
  #statements = 0;
  readonly #hash: AddressHash;
  #gathering = false;

  constructor(
    private readonly core: Pick<
      Core,
      'clock' | 'speech' | 'secrets' | 'settings' | 'wake' | 'killPoint' | 'log' | 'disk'
    >,
    private readonly run: RunPrepared,
  ) {
    this.#hash = addressHash(core.secrets);
  }

  /**
   * Undefined: not accepted here, and nothing was written. `in_flight`: neither, for a request with the same
   * Idempotency-Key came before and has no reply yet.
   * @throws CoreError as `placeCall` does for what is wrong with the request itself; `call.intake_full`
   */
  async accept(input: PlaceCall, keep?: KeepWith<AcceptedCall>): Promise<AcceptedCall | 'in_flight' | undefined> {
    this.core.disk.requireRoom();
    const call = newCall(this.core, input);
    // Whether anybody has said who is calling is asked alone.
    if (input.purpose === 'marketing') return undefined;
    if (!isE164(input.from) || !(isE164(input.to) || isExtension(input.to))) return undefined;
    if (this.#waiting.length >= MOST_WAITING) {
      throw new CoreError('call.intake_full', 'More calls are being placed than can be written down; try again.', {
        retryAfterSeconds: 1,
      });
    }
    const lock = keep === undefined ? undefined : lockOf(keep.request);
    if (lock !== undefined) {
      if (this.#locks.has(lock)) return 'in_flight';
      this.#locks.add(lock);
    }
    const row = { ...rowOf(call, input, this.#hash), ...keptOf(call, lock, keep) };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, row, lock, resolve, reject });
      this.#gather();
    });
  }

  /** Requests that arrived together are read one after the other in this turn of the event loop. */
  #gather(): void {
    if (this.#gathering || this.#waiting.length === 0 || this.#statements >= MOST_STATEMENTS) return;
    this.#gathering = true;
    setImmediate(() => {
      this.#gathering = false;
      void this.#write(this.#waiting.splice(0, MOST_TOGETHER));
      this.#gather();
    });
  }

  async #write(together: Waiting[]): Promise<void> {
    this.#statements += 1;
    let accepted: Set<string>;
    try {
      const now = this.core.clock.now();
      const rows = together.map(({ row }) => row);
      const written = await this.run<{ id: string }>(ACCEPT, [JSON.stringify(rows), new Date(now - KEPT_MS)]);
      accepted = new Set(written.map(({ id }) => id));
    } catch (error) {
      if (!wroteNothing(error)) return together.forEach(({ reject }) => reject(error));
      this.core.log.warn({ error: String(error) }, 'calls could not be accepted together; each is tried alone');
      accepted = new Set();
    } finally {
      this.#statements -= 1;
      for (const { lock } of together) if (lock !== undefined) this.#locks.delete(lock);
      this.#gather();
    }
    this.#answer(together, accepted);
  }

  #answer(together: Waiting[], accepted: Set<string>): void {
    const now = this.core.clock.now();
    let wake = false;
    for (const { call, resolve } of together) {
      if (!accepted.has(call.id)) {
        resolve(undefined);
        continue;
      }
      this.core.killPoint('call.accepted');
      wake ||= call.due_at.getTime() - now <= LOOKED_FOR_WITHIN_MS;
      resolve({ id: call.id, status: call.status, to: call.to_number, createdAt: call.created_at });
    }
    if (wake) this.core.wake.calls();
  }
}

function rowOf(call: NewCall, { to }: PlaceCall, hash: AddressHash): Record<string, unknown> {
  const { script, metadata, ...columns } = call;
  return {
    ...columns,
    script: JSON.parse(script) as unknown,
    metadata: metadata === null ? null : (JSON.parse(metadata) as unknown),
    to_phone: isExtension(to),
    country: isE164(to) && !isPremium(to) ? `+${countryCode(to)}` : null,
    to_hash: hash(to).toString('hex'),
    stopped_by: stoppingScopes(call.purpose as Purpose),
  };
}

function keptOf(call: NewCall, lock: string | undefined, keep: KeepWith<AcceptedCall> | undefined) {
  if (keep === undefined) return {};
  const accepted = { id: call.id, status: call.status, to: call.to_number, createdAt: call.created_at };
  return {
    kept_lock: lock,
    kept_route: keep.request.route,
    kept_key: keep.request.key,
    kept_hash: keep.request.hash.toString('hex'),
    kept_status: keep.status,
    kept_reply: keep.body(accepted),
  };
}

/**
 * A statement that the server refused wrote nothing. One whose connection broke, or that the server gave up (SQLSTATE
 * classes 08, 57, 58, XX), may have been committed: doing it again could call somebody twice.
 */
function wroteNothing(error: unknown): boolean {
  const code = error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : '';
  return /^(2[0-9A-Z]|4[0-9A-Z]|5[345])[0-9A-Z]{3}$/.test(code);
}

/**
 * $1: the calls as a JSON array; $2: kept replies of this time and older count no more. Gives the ids of those that
 * were accepted. The checks are those of `placeCall`: the sender is ours; the recipient is a phone of the account, or
 * a number of this installation or of a country of the account's own numbers, that has not opted out; and the account is
 * in production, and pays later, or its balance pays for a minute. An Idempotency-Key that is worked on elsewhere, or has its reply, leaves its call out.
 */
const ACCEPT = {
  name: 'accept-calls',
  text: `
    with asked as materialized (
      select * from json_to_recordset($1::json) as a (
        id text, account_id text, mode text, purpose text, priority smallint, status text, to_number text,
        from_number text, script jsonb, metadata jsonb, webhook_url text, dialect text, ring_timeout_seconds integer,
        max_duration_seconds integer, record boolean, created_at timestamptz, due_at timestamptz,
        scheduled_at timestamptz, to_phone boolean, country text, to_hash text,
        stopped_by text[],
        kept_lock bigint, kept_route text, kept_key text, kept_hash text, kept_status smallint, kept_reply text)
      where a.kept_lock is null or pg_try_advisory_xact_lock(a.kept_lock)
    ),
    fit as materialized (
      select * from asked a
      where exists (
          select from numbers n where n.account_id = a.account_id and n.mode = a.mode and n.number = a.from_number)
        and case when a.to_phone
          then exists (select from phones p where p.account_id = a.account_id and p.name = a.to_number)
          else (exists (
                select from numbers n
                where n.account_id = a.account_id and n.mode = a.mode and starts_with(n.number, a.country))
              or exists (select from numbers n where n.mode = a.mode and n.number = a.to_number))
            and not exists (
              select from suppressions s
              where s.account_id = a.account_id and s.mode = a.mode
                and (s.address = a.to_number or s.address_hash = decode(a.to_hash, 'hex'))
                and s.scope = any(a.stopped_by) and s.channel in ('all', 'voice') and s.lifted_at is null)
          end
        and (a.mode = 'test' or exists (
          select from accounts o
          where o.id = a.account_id and o.stage = 'production' and (o.metering = 'off'
            or coalesce((select w.balance from wallets w where w.account_id = o.id), 0) >= coalesce(
              (select p.amount from prices p where p.unit = 'voice_minute' and p.account_id = o.id),
              (select p.amount from prices p where p.unit = 'voice_minute' and p.account_id is null), 0))))
    ),
    kept as (
      insert into idempotency_keys as k (account_id, mode, route, key, body_hash, status, reply, created_at)
      select account_id, mode, kept_route, kept_key, decode(kept_hash, 'hex'), kept_status, kept_reply, created_at
      from fit where kept_lock is not null
      on conflict (account_id, mode, route, key) do update
        set body_hash = excluded.body_hash, status = excluded.status, reply = excluded.reply,
          created_at = excluded.created_at
        where k.created_at <= $2
      returning account_id, mode, route, key
    )
    insert into calls (id, account_id, mode, purpose, priority, status, to_number, from_number, script, metadata,
      webhook_url, dialect, ring_timeout_seconds, max_duration_seconds, record, created_at, due_at, scheduled_at)
    select id, account_id, mode, purpose, priority, status, to_number, from_number, script, metadata,
      webhook_url, dialect, ring_timeout_seconds, max_duration_seconds, record, created_at, due_at, scheduled_at
    from fit f
    where f.kept_lock is null or exists (
      select from kept k
      where k.account_id = f.account_id and k.mode = f.mode and k.route = f.kept_route and k.key = f.kept_key)
    returning id`,
};
