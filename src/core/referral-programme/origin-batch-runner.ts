import { sql, type Selectable } from 'kysely';
import type { Core } from '#core/core.js';
import { makeBatchRows, type RowCore } from '#core/referral-programme/make-batch-rows.js';
import { toSite, type Site } from '#core/sites/index.js';
import type { OriginBatchTable } from '#core/tables.js';
import { NODE_LOCK } from '#jobs/node-lease.js';
import { WakeableLoop } from '#jobs/wakeable-loop.js';

/** How soon a batch that another process accepted, or left, is seen. */
const LOOK_MS = 5000;
/** Then another batch has its turn. */
const ROWS_AT_A_TURN = 200;
/** In one transaction: whoever else asks for one of their people or coupon lists waits until it ends. */
const ROWS_AT_ONCE = 20;
/** At once; those of one person are made one after the other. */
const LANES = 4;

type Batch = Selectable<OriginBatchTable>;

/** Makes the origins of batches: of one batch at a time in each process, in turns. */
export class OriginBatchRunner {
  readonly #loop: WakeableLoop;
  #stopped = false;

  constructor(private readonly core: RowCore & Pick<Core, 'node' | 'background' | 'siteLoad'>) {
    this.#loop = new WakeableLoop('make origins of batches', core, () => this.#look());
  }

  wake = (): void => this.#loop.wake();

  /** Rows that are being made are made; the others wait for another process. */
  stop(): void {
    this.#stopped = true;
    this.#loop.stop();
  }

  async #look(): Promise<number> {
    await freeLeases(this.core);
    for (let batch = await this.#claim(); batch !== undefined; batch = await this.#claim()) await this.#turn(batch);
    return LOOK_MS;
  }

  /** Also one of its own that it could not hand back, for the database was away. */
  async #claim(): Promise<Batch | undefined> {
    if (this.#stopped) return undefined;
    const { node } = this.core;
    const { rows } = await sql<Batch>`
      update origin_batches set node_id = ${node}, worked_at = ${new Date(this.core.clock.now())}
      where id = (
        select id from origin_batches where ended_at is null and (node_id is null or node_id = ${node})
        order by worked_at nulls first, created_at, id limit 1 for update skip locked)
      returning *`.execute(this.core.db);
    return rows[0];
  }

  async #turn(batch: Batch): Promise<void> {
    const { db } = this.core;
    const site = toSite(
      await db.selectFrom('sites').selectAll().where('id', '=', batch.site_id).executeTakeFirstOrThrow(),
    );
    const rows = await db
      .selectFrom('origin_batch_rows')
      .select(['row', sql<string>`data -> 'person' ->> 'email'`.as('email')])
      .where('batch_id', '=', batch.id)
      .where('data', 'is not', null)
      .orderBy('row')
      .limit(ROWS_AT_A_TURN)
      .execute();
    const lanes = Array.from({ length: LANES }, () => [] as number[]);
    for (const { row, email } of rows) lanes[laneOf(email)]?.push(row);
    const worked = await Promise.allSettled(lanes.map((lane) => this.#makeAll(batch, site, lane)));
    const failed = worked.find((one) => one.status === 'rejected');
    await this.#handBack(batch.id);
    if (failed !== undefined) throw failed.reason;
  }

  async #makeAll(batch: Batch, site: Site, rows: readonly number[]): Promise<void> {
    const { id, create_offers: createOffers } = batch;
    for (let from = 0; from < rows.length && !this.#stopped; from += ROWS_AT_ONCE) {
      const some = { batchId: id, createOffers, rows: rows.slice(from, from + ROWS_AT_ONCE) };
      await this.core.siteLoad.count(site, () => makeBatchRows(this.core, site, some));
    }
  }

  /** What was done is counted, not added up: so it is right whenever a process ended. */
  async #handBack(id: string): Promise<void> {
    await sql`
      update origin_batches set node_id = null, done = counted.done, failed = counted.failed,
        ended_at = case when counted.done + counted.failed = total then ${new Date(this.core.clock.now())}::timestamptz end
      from (
        select count(*) filter (where data is null and error is null) as done,
          count(*) filter (where error is not null) as failed
        from origin_batch_rows where batch_id = ${id}
      ) as counted
      where id = ${id} and node_id = ${this.core.node}`.execute(this.core.db);
  }
}

/** Batches of dead nodes wait again. A node is dead when nobody holds its advisory lock. */
async function freeLeases(core: Pick<Core, 'db' | 'node'>): Promise<void> {
  await sql`
    update origin_batches set node_id = null
    where id in (
      select id from origin_batches
      where ended_at is null and node_id <> ${core.node} and pg_try_advisory_xact_lock(${NODE_LOCK}, node_id))`.execute(
    core.db,
  );
}

function laneOf(email: string | null): number {
  let sum = 0;
  for (const letter of (email ?? '').trim().toLowerCase()) sum = (sum + (letter.codePointAt(0) ?? 0)) % LANES;
  return sum;
}
