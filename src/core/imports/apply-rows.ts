import { tellEnd } from '#core/imports/import-events.js';
import type { Import } from '#core/imports/import.js';
import type { RowRun } from '#core/imports/row-sink.js';
import { BegunAnew, Canceled } from '#core/imports/run-ends.js';
import type { RowCounts, RunCore } from '#core/imports/run-import.js';
import { dropStaged } from '#core/imports/stage-rows.js';
import { UPLOAD_KEPT_MS } from '#core/imports/upload.js';

export interface Applying {
  job: Import;
  run: RowRun;
  counts: RowCounts;
  refusedFile: string | undefined;
  /** Duplicates among them. */
  refusedCount: number;
}

/** All of the staged rows and the end of the import become true at once. From its beginning it cannot be canceled. */
export async function applyRows(core: RunCore, applying: Applying): Promise<void> {
  const { job, run, counts, refusedFile, refusedCount } = applying;
  await core.db
    .updateTable('imports')
    .set({ applying_at: new Date(core.clock.now()), bytes_read: job.bytes, rows_read: counts.read })
    .where('id', '=', job.id)
    .where('node_id', '=', core.node)
    .where('cancel_requested_at', 'is', null)
    .returning('id')
    .executeTakeFirstOrThrow(() => new Canceled());
  await core.db.transaction().execute(async (tx) => {
    const { n } = await tx
      .selectFrom('import_rows')
      .select(({ fn }) => fn.countAll<string>().as('n'))
      .where('import_id', '=', job.id)
      .executeTakeFirstOrThrow();
    // The table is unlogged: PostgreSQL empties it when it comes back from a crash.
    if (Number(n) !== counts.staged) throw new BegunAnew('the staged rows are gone');
    const { created, changed } = await run.apply(tx);
    await dropStaged(tx, job.id);
    const at = new Date(core.clock.now());
    await tx
      .updateTable('imports')
      .set({
        status: 'completed',
        ended_at: at,
        node_id: null,
        rows_created: created,
        rows_changed: changed,
        rows_duplicate: counts.duplicate,
        rows_refused: refusedCount - counts.duplicate,
        refused_file: refusedFile ?? null,
      })
      .where('id', '=', job.id)
      .where('node_id', '=', core.node)
      .returning('id')
      .executeTakeFirstOrThrow(() => new BegunAnew('another process has it'));
    await tellEnd(tx, job.id, at);
    await tx
      .updateTable('uploads')
      .set({ expires_at: new Date(at.getTime() + UPLOAD_KEPT_MS) })
      .where('id', '=', job.uploadId)
      .execute();
    core.killPoint('import.applying');
  });
  core.wake.deliveries();
}
