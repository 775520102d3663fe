import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { NewOrigin } from '#core/origins/index.js';
import { createOrigin } from '#core/referral-programme/create-origin.js';
import type { Site } from '#core/sites/index.js';

export interface BatchRowToMake {
  batchId: string;
  row: number;
  createOffers: boolean;
}

export type RowCore = Pick<Core, 'db' | 'clock' | 'settings' | 'secrets' | 'wake' | 'log' | 'killPoint' | 'background'>;

const FAULT = 'Something went wrong on our side; it was logged.';
/** Two transactions that stood in each other's way go on at once. */
const TRIES = 5;

/**
 * Makes the origin of one row, in the transaction that says so of the row: whatever ends this process, it is made once.
 * What is refused is written down with the reason. Rejects where the database is away.
 */
export async function makeBatchRow(
  core: RowCore,
  site: Site,
  { batchId, row, createOffers }: BatchRowToMake,
): Promise<void> {
  for (let left = TRIES; left > 0; left--) {
    try {
      await core.db.transaction().execute(async (tx) => {
        const found = await tx
          .selectFrom('origin_batch_rows')
          .select('data')
          .where('batch_id', '=', batchId)
          .where('row', '=', row)
          .forUpdate()
          .executeTakeFirst();
        if (found === undefined || found.data === null) return;
        const given = found.data as unknown as NewOrigin;
        const { origin } = await createOrigin({ ...core, db: tx }, site, { ...given, createOffers });
        await tx
          .updateTable('origin_batch_rows')
          .set({ data: null, origin_id: origin.id })
          .where('batch_id', '=', batchId)
          .where('row', '=', row)
          .execute();
        core.killPoint('batch.row_made');
      });
      core.wake.deliveries();
      core.killPoint('batch.row_written');
      return;
    } catch (error) {
      const kind = kindOf(error);
      if (kind === 'away') throw error;
      if (kind === 'again' && left > 1) continue;
      if (kind !== 'refused')
        core.log.error({ batch: batchId, row, error: String(error) }, 'an origin could not be made');
      const [message, field] = error instanceof CoreError ? [error.message, error.field ?? null] : [FAULT, null];
      await core.db
        .updateTable('origin_batch_rows')
        .set({ data: null, error: message, field })
        .where('batch_id', '=', batchId)
        .where('row', '=', row)
        .where('data', 'is not', null)
        .execute();
      return;
    }
  }
}

/** The database went away (08, 57), or two transactions stood in each other's way (40, or a unique index). */
function kindOf(error: unknown): 'refused' | 'again' | 'away' | 'fault' {
  if (error instanceof CoreError) return 'refused';
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
  if (/^40|^23505$/.test(code)) return 'again';
  if (/^(08|57)/.test(code) || /^(ECONN|EPIPE|ETIMEDOUT)/.test(code)) return 'away';
  const connection = error instanceof Error && /^(connection terminated|timeout exceeded)/i.test(error.message);
  return connection ? 'away' : 'fault';
}
