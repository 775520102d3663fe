import { openFile } from '#core/imports/read-file.js';
import type { RefusedRows } from '#core/imports/refused-rows.js';
import type { Reading, RunCore } from '#core/imports/run-import.js';
import { refusedStaged } from '#core/imports/stage-rows.js';

/**
 * Rows that were refused only when all were there: the file is read again for what they say, and they are staged no
 * longer. Gives how many.
 */
export async function writeLateRefusals(
  core: RunCore,
  { job, file, sink }: Reading,
  refused: RefusedRows,
): Promise<number> {
  const late = refusedStaged(core.db, job.id);
  let next = await late.next();
  if (next.done === true) return 0;
  let count = 0;
  const { rows, heading, columns } = await openFile(core, file, ['phone', ...sink.columns], job.options);
  for await (const { line, cells } of rows) {
    if (line !== next.value.line) continue;
    const { refused: reason, column } = next.value;
    const index = columns.indexOf(column ?? '');
    await refused.add({ line, column: heading[index] ?? column ?? '', reason, cells });
    count += 1;
    next = await late.next();
    if (next.done === true) break;
  }
  await core.db.deleteFrom('import_rows').where('import_id', '=', job.id).where('refused', 'is not', null).execute();
  return count;
}
