import { sql } from 'kysely';
import { HttpProblem } from '#apis/http/problem.js';
import { LOOPS, type Core, type Db, type Loop } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { KEPT_MS, lockOf, type KeepWith, type KeptRequest } from '#core/kept-request.js';

export interface Reply {
  status: number;
  /** As sent; empty: none. */
  body: string;
}

export interface Work {
  /** Does it in the transaction it is given. */
  run(core: Core): Promise<Reply>;
  /** The reply to a refusal that is kept like a success; undefined: it is thrown on, and nothing is kept. */
  refused(error: unknown): Reply | undefined;
  /** Keep the reply encrypted. */
  secret: boolean;
}

/**
 * Does the work of a request once, and gives its repetitions the reply of the first (rule 28). The work, its rows and
 * the kept reply are one transaction: whatever dies when, either all of it happened or nothing did.
 * @throws HttpProblem `idempotency_in_flight`, `idempotency_mismatch`
 */
export async function keepReply(core: Core, request: KeptRequest, work: Work): Promise<Reply & { replayed: boolean }> {
  const wakes = new Set<Loop>();
  const wake = Object.fromEntries(LOOPS.map((name) => [name, () => void wakes.add(name)])) as Core['wake'];

  const reply = await inTransaction(core.db, async (tx) => {
    await lock(tx, request);
    const now = core.clock.now();
    const kept = await tx
      .selectFrom('idempotency_keys')
      .select(['body_hash', 'status', 'reply'])
      .where('account_id', '=', request.accountId)
      .where('mode', '=', request.mode)
      .where('route', '=', request.route)
      .where('key', '=', request.key)
      .where('created_at', '>', new Date(now - KEPT_MS))
      .executeTakeFirst();
    if (kept !== undefined) {
      if (!request.hash.equals(kept.body_hash)) {
        throw new HttpProblem('idempotency_mismatch', 'This Idempotency-Key was used with another request.');
      }
      const body = work.secret ? core.secrets.open(Buffer.from(kept.reply, 'base64')) : kept.reply;
      return { status: kept.status, body, replayed: true };
    }

    const fresh = await runRefusably(tx, { ...core, db: tx, wake }, work);
    const columns = {
      body_hash: request.hash,
      status: fresh.status,
      reply: work.secret ? core.secrets.seal(fresh.body).toString('base64') : fresh.body,
      created_at: new Date(now),
    };
    await tx
      .insertInto('idempotency_keys')
      .values({
        account_id: request.accountId,
        mode: request.mode,
        route: request.route,
        key: request.key,
        ...columns,
      })
      // One older than a day that was not purged yet.
      .onConflict((conflict) => conflict.columns(['account_id', 'mode', 'route', 'key']).doUpdateSet(columns))
      .execute();
    return { ...fresh, replayed: false };
  });

  for (const name of wakes) core.wake[name]();
  return reply;
}

/** A refusal undoes what the work wrote, but not the transaction that keeps the reply. */
async function runRefusably(tx: Db, core: Core, work: Work): Promise<Reply> {
  await sql`savepoint work`.execute(tx);
  try {
    return await work.run(core);
  } catch (error) {
    const reply = work.refused(error);
    if (reply === undefined) throw error;
    await sql`rollback to savepoint work`.execute(tx);
    return reply;
  }
}

async function lock(tx: Db, request: KeptRequest): Promise<void> {
  const { rows } = await sql<{ got: boolean }>`
    select pg_try_advisory_xact_lock(${lockOf(request)}::bigint) as got`.execute(tx);
  if (rows[0]?.got !== true) throw inFlight();
}

export function inFlight(): HttpProblem {
  return new HttpProblem('idempotency_in_flight', 'A request with this Idempotency-Key is being worked on.', {
    headers: { 'retry-after': '1' },
  });
}

/** Takes back what was kept: the request turned out otherwise after its commit. */
export async function forgetReply(core: Pick<Core, 'db'>, request: KeptRequest): Promise<void> {
  await core.db
    .deleteFrom('idempotency_keys')
    .where('account_id', '=', request.accountId)
    .where('mode', '=', request.mode)
    .where('route', '=', request.route)
    .where('key', '=', request.key)
    .execute();
}

/** What a use case keeps, where the reply is `present` of what it did. */
export function keepPresented<T, V>(keep: KeepWith<V> | undefined, present: (done: T) => V): KeepWith<T> | undefined {
  return keep === undefined ? undefined : { ...keep, body: (done) => keep.body(present(done)) };
}

/** Deletes what is older than a day; returns how many. For the hourly housekeeping. */
export async function purgeKeptReplies(core: Pick<Core, 'db' | 'clock'>): Promise<number> {
  const result = await core.db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<=', new Date(core.clock.now() - KEPT_MS))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
