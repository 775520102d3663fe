import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { NewOrigin } from '#core/origins/index.js';
import { createOrigin } from '#core/referral-programme/create-origin.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { isTransient } from '#core/until-written.js';

export interface BatchRows {
  batchId: string;
  createOffers: boolean;
  /** In their order. */
  rows: readonly number[];
}

export type RowCore = Pick<Core, 'db' | 'clock' | 'settings' | 'secrets' | 'wake' | 'log' | 'killPoint' | 'background'>;

const FAULT = 'Something went wrong on our side; it was logged.';

/**
 * Makes the origins of these rows, in the transaction that says so of the rows: whatever ends this process, each is made
 * once. All are one transaction; where one cannot be made, those before it are, then it alone, then those after it.
 * What is refused is written down with the reason. Rejects where the database is away, or has too much to do.
 */
export async function makeBatchRows(core: RowCore, site: Site, batch: BatchRows): Promise<void> {
  const { rows } = batch;
  const [only] = rows;
  if (only === undefined) return;
  if (rows.length === 1) return makeAlone(core, site, batch, only);
  let reached = 0;
  try {
    await makeInOne(core, site, batch, (at) => (reached = at));
  } catch (error) {
    if (isPassing(error)) throw error;
    const part = (from: number, to?: number): BatchRows => ({ ...batch, rows: rows.slice(from, to) });
    await makeBatchRows(core, site, part(0, reached));
    await makeBatchRows(core, site, part(reached, reached + 1));
    await makeBatchRows(core, site, part(reached + 1));
  }
}

async function makeAlone(core: RowCore, site: Site, batch: BatchRows, row: number): Promise<void> {
  try {
    await makeInOne(core, site, batch);
  } catch (error) {
    if (isPassing(error)) throw error;
    const { batchId } = batch;
    const isRefused = error instanceof CoreError;
    if (!isRefused) core.log.error({ batch: batchId, row, error: String(error) }, 'an origin could not be made');
    const why = isRefused ? { error: error.message, code: error.code, field: error.field ?? null } : { error: FAULT };
    await core.db
      .updateTable('origin_batch_rows')
      .set({ data: null, ...why })
      .where('batch_id', '=', batchId)
      .where('row', '=', row)
      .where('data', 'is not', null)
      .execute();
  }
}

async function makeInOne(
  core: RowCore,
  site: Site,
  { batchId, createOffers, rows }: BatchRows,
  reach: (at: number) => void = () => undefined,
): Promise<void> {
  await inTransaction(core.db, async (tx) => {
    const given = await lockRows(tx, batchId, rows);
    const made: { row: number; origin: number }[] = [];
    for (const [at, row] of rows.entries()) {
      const data = given.get(row);
      if (data === undefined) continue;
      reach(at);
      const { origin } = await createOrigin({ ...core, db: tx }, site, { ...data, createOffers });
      made.push({ row, origin: origin.id });
      core.killPoint('batch.row_made');
    }
    await sql`
      update origin_batch_rows as done set data = null, origin_id = made.origin
      from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as made(row integer, origin bigint)
      where done.batch_id = ${batchId} and done.row = made.row`.execute(tx);
  });
  core.wake.deliveries();
  core.wake.referrals();
  core.killPoint('batch.row_written');
}

/** Those that were not worked on yet. */
async function lockRows(
  tx: Transaction<Tables>,
  batchId: string,
  rows: readonly number[],
): Promise<Map<number, NewOrigin>> {
  const found = await tx
    .selectFrom('origin_batch_rows')
    .select(['row', 'data'])
    .where('batch_id', '=', batchId)
    .where('row', 'in', rows)
    .where('data', 'is not', null)
    .orderBy('row')
    .forUpdate()
    .execute();
  return new Map(found.map(({ row, data }) => [row, data as unknown as NewOrigin]));
}

/** The database is away, or has too much to do: nothing is wrong with what was asked of it. */
function isPassing(error: unknown): boolean {
  return !(error instanceof CoreError) && isTransient(error);
}
