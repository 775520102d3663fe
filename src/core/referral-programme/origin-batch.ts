import type { Selectable } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Site } from '#core/sites/index.js';
import type { OriginBatchTable, OriginKind } from '#core/tables.js';

/** Many origins at once: accepted, and made one after the other. */
export interface OriginBatch {
  id: string;
  kind: OriginKind;
  createOffers: boolean;
  total: number;
  /** That are there now, and that could not be made. */
  done: number;
  failed: number;
  createdAt: Date;
  endedAt: Date | null;
}

/** Why a row was not made. */
export interface OriginBatchError {
  /** 0-based, as in the request. */
  row: number;
  field: string | null;
  /** By which core refused it; null: it could not be read, or the fault is ours. */
  code: string | null;
  error: string;
}

export function toOriginBatch(row: Selectable<OriginBatchTable>): OriginBatch {
  return {
    id: row.id,
    kind: row.kind,
    createOffers: row.create_offers,
    total: row.total,
    done: row.done,
    failed: row.failed,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}

/** @throws CoreError `origin_batch.not_found` */
export async function findOriginBatch(
  core: Pick<Core, 'db'>,
  site: Pick<Site, 'id'>,
  id: string,
): Promise<OriginBatch> {
  const row = await core.db
    .selectFrom('origin_batches')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('origin_batch.not_found', 'No batch found by id.');
  return toOriginBatch(row);
}

/** In the order of the request. */
export async function listBatchErrors(
  core: Pick<Core, 'db'>,
  { id }: Pick<OriginBatch, 'id'>,
  { limit, offset }: { limit: number; offset: number },
): Promise<OriginBatchError[]> {
  const rows = await core.db
    .selectFrom('origin_batch_rows')
    .select(['row', 'field', 'code', 'error'])
    .where('batch_id', '=', id)
    .where('error', 'is not', null)
    .orderBy('row')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(({ error, ...row }) => ({ ...row, error: error ?? '' }));
}
