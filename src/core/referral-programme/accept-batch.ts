import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import type { NewOrigin } from '#core/origins/index.js';
import { toOriginBatch, type OriginBatch } from '#core/referral-programme/origin-batch.js';
import type { Site } from '#core/sites/index.js';
import type { OriginKind } from '#core/tables.js';

export const MOST_BATCH_ROWS = 10_000;
/** Of one site, not ended yet. */
const MOST_OPEN_BATCHES = 100;

/** What can be read is tried, and what cannot is told when the batch is asked for. */
export type BatchRow = { origin: NewOrigin } | { error: string; field: string | undefined };

export interface AcceptBatch {
  kind: OriginKind;
  /** Whether offers are made of them. */
  createOffers: boolean;
  rows: readonly BatchRow[];
}

/**
 * Writes down many origins, to be made one after the other.
 * @throws CoreError `origin_batch.bad_input`
 */
export async function acceptBatch(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  site: Pick<Site, 'id'>,
  { kind, createOffers, rows }: AcceptBatch,
): Promise<OriginBatch> {
  if (rows.length === 0 || rows.length > MOST_BATCH_ROWS) {
    throw new CoreError('origin_batch.bad_input', `A batch has 1 to ${MOST_BATCH_ROWS} rows.`, { field: 'rows' });
  }
  const at = new Date(core.clock.now());
  const id = newId('obt', at.getTime());
  const refused = rows.filter((row) => 'error' in row).length;
  const batch = await inTransaction(core.db, async (tx) => {
    // One after the other, so that the limit is exact.
    await tx.selectFrom('sites').select('id').where('id', '=', site.id).forNoKeyUpdate().execute();
    const open = await tx
      .selectFrom('origin_batches')
      .select('id')
      .where('site_id', '=', site.id)
      .where('ended_at', 'is', null)
      .limit(MOST_OPEN_BATCHES)
      .execute();
    if (open.length >= MOST_OPEN_BATCHES) {
      const message = `${MOST_OPEN_BATCHES} batches of this site are being worked on: wait until one has ended.`;
      throw new CoreError('origin_batch.too_many', message);
    }
    const made = await tx
      .insertInto('origin_batches')
      .values({
        ...{ id, site_id: site.id, kind, create_offers: createOffers, total: rows.length, failed: refused },
        ...{ created_at: at, ended_at: refused === rows.length ? at : null },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await sql`
      insert into origin_batch_rows (batch_id, row, data, error, field)
      select ${id}, (ordinality - 1)::integer, given -> 'origin', given ->> 'error', given ->> 'field'
      from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality as rows (given, ordinality)`.execute(
      tx,
    );
    return toOriginBatch(made);
  });
  core.wake.batches();
  return batch;
}
