import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { applyRows } from '#core/imports/apply-rows.js';
import { IMPORT_LIMITS, type Import } from '#core/imports/import.js';
import { openFile, rowOf, type OpenedFile } from '#core/imports/read-file.js';
import { RefusedRows } from '#core/imports/refused-rows.js';
import type { RowRun, RowSink } from '#core/imports/row-sink.js';
import {
  analyzeStaged,
  dropStaged,
  refuseRepeated,
  STAGED_AT_ONCE,
  stageRows,
  type StagedRow,
} from '#core/imports/stage-rows.js';
import { writeLateRefusals } from '#core/imports/late-refusals.js';
import { BegunAnew, Canceled } from '#core/imports/run-ends.js';

export type RunCore = Pick<
  Core,
  'db' | 'clock' | 'secrets' | 'wake' | 'log' | 'node' | 'uploads' | 'readCsv' | 'killPoint'
>;

export interface Reading {
  job: Import;
  /** Of the upload. */
  file: string;
  sink: RowSink;
  stopping: () => boolean;
}

/** How many rows there are of each kind. */
export interface RowCounts {
  read: number;
  staged: number;
  duplicate: number;
}

const PROGRESS_MS = 1000;

/**
 * Reads a file from its beginning to its end, and makes true in one transaction what can be used of it. Whatever dies
 * before the commit has done nothing.
 * @throws Canceled, BegunAnew, a `CoreError` where the file cannot be used
 */
export async function runImport(core: RunCore, reading: Reading): Promise<void> {
  const { job, sink } = reading;
  await dropStaged(core.db, job.id);
  const opened = await openFile(core, reading.file, ['phone', ...sink.columns], job.options);
  let run: RowRun;
  try {
    const names = opened.columns.filter((name) => name !== undefined);
    run = await sink.begin(core, job, names);
  } catch (error) {
    await opened.close();
    throw error;
  }
  const refused = new RefusedRows(core.uploads, `${job.id}.refused.csv`, opened.heading);
  try {
    const counts = await stageAll(core, reading, { opened, run, refused });
    await analyzeStaged(core.db, counts.staged);
    counts.duplicate = await core.db.transaction().execute(async (tx) => {
      const repeated = await refuseRepeated(tx, job.id);
      await run.compare?.(tx);
      return repeated;
    });
    counts.staged -= await writeLateRefusals(core, reading, refused);
    const refusedFile = await refused.close();
    await applyRows(core, { job, run, counts, refusedFile, refusedCount: refused.count });
    run.applied?.();
  } catch (error) {
    await refused.drop();
    throw error;
  }
}

/** The first reading: every row is staged, or refused for what it is alone. */
async function stageAll(
  core: RunCore,
  { job, stopping }: Reading,
  { opened, run, refused }: { opened: OpenedFile; run: RowRun; refused: RefusedRows },
): Promise<RowCounts> {
  const counts: RowCounts = { read: 0, staged: 0, duplicate: 0 };
  let waiting: StagedRow[] = [];
  // The database writes one batch while the next one is read.
  let writing: Promise<boolean> = Promise.resolve(false);
  let toldAt = core.clock.now();
  const flush = async (): Promise<void> => {
    if (await writing) throw new Canceled();
    if (stopping()) throw new BegunAnew('this process ends');
    const rows = waiting;
    waiting = [];
    counts.staged += rows.length;
    writing = stageRows(core.db, job.id, rows);
    // Whether it fails is seen before the next one.
    writing.catch(() => undefined);
  };

  for await (const { cells, line, bytes } of opened.rows) {
    if ((counts.read += 1) > IMPORT_LIMITS.rows) {
      throw new CoreError('import.bad_input', `A file has at most ${IMPORT_LIMITS.rows} rows; divide it.`);
    }
    const row = rowOf(opened, cells);
    const checked = typeof row === 'string' ? { refused: row } : run.check(row, line);
    if ('refused' in checked) {
      await refused.add({ line, column: checked.column ?? '', reason: checked.refused, cells });
    } else {
      waiting.push({ line, ...checked });
    }
    if (waiting.length >= STAGED_AT_ONCE) await flush();
    // Looked at now and then, not at every row.
    const now = counts.read % STAGED_AT_ONCE === 0 ? core.clock.now() : toldAt;
    if (now - toldAt >= PROGRESS_MS) {
      toldAt = now;
      await tellProgress(core, job.id, { bytes, counts, refused: refused.count });
    }
  }
  await flush();
  if (await writing) throw new Canceled();
  if (counts.read === 0) throw new CoreError('import.bad_input', 'The file has no rows below its heading.');
  return counts;
}

async function tellProgress(
  { db, node }: RunCore,
  id: string,
  { bytes, counts, refused }: { bytes: number; counts: RowCounts; refused: number },
): Promise<void> {
  const told = await db
    .updateTable('imports')
    .set({ bytes_read: bytes, rows_read: counts.read, rows_refused: refused })
    .where('id', '=', id)
    .where('node_id', '=', node)
    .returning('cancel_requested_at')
    .executeTakeFirst();
  if (told === undefined) throw new BegunAnew('another process has it');
  if (told.cancel_requested_at !== null) throw new Canceled();
}
