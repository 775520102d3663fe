import { sql } from 'kysely';
import type { Db } from '#core/core.js';

export interface StagedRow {
  line: number;
  phone: string;
  data: Record<string, unknown>;
}

/** Rows at a time, as many as one statement takes without being felt. */
export const STAGED_AT_ONCE = 1000;

/** Keeps rows until all are there. Gives whether the import is to be canceled. */
export async function stageRows(db: Db, importId: string, rows: readonly StagedRow[]): Promise<boolean> {
  const { rows: found } = await sql<{ canceled: boolean }>`
    with staged as (
      insert into import_rows (import_id, line, phone, data)
      select ${importId}, * from unnest(
        ${rows.map(({ line }) => line)}::integer[],
        ${rows.map(({ phone }) => phone)}::text[],
        ${rows.map(({ data }) => JSON.stringify(data))}::jsonb[]))
    select cancel_requested_at is not null as canceled from imports where id = ${importId}`.execute(db);
  return found[0]?.canceled !== false;
}

/**
 * Tells the database how many rows there are: a table that was empty a moment ago is taken for empty still, and what is
 * compared with it would then be compared row by row. Not in a transaction, for it keeps others from doing the same.
 */
export async function analyzeStaged(db: Db, staged: number): Promise<void> {
  if (staged >= STAGED_AT_ONCE) await sql`analyze import_rows`.execute(db);
}

export async function dropStaged(db: Db, importId: string): Promise<void> {
  await db.deleteFrom('import_rows').where('import_id', '=', importId).execute();
}

/** Of rows with one number the last counts; the others are refused. Gives how many. */
export async function refuseRepeated(db: Db, importId: string): Promise<number> {
  const { numAffectedRows } = await sql`
    update import_rows set refused = 'The number comes again in line ' || again.line || ', which counts.',
      refused_column = 'phone'
    from (
      select phone, max(line) as line from import_rows where import_id = ${importId}
      group by phone having count(*) > 1
    ) as again
    where import_id = ${importId} and import_rows.phone = again.phone and import_rows.line < again.line`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

/** What was refused of the staged rows, in the order of the file. */
export async function* refusedStaged(
  db: Db,
  importId: string,
): AsyncGenerator<{ line: number; refused: string; column: string | null }> {
  for (let after = -1; ;) {
    const rows = await db
      .selectFrom('import_rows')
      .select(['line', 'refused', 'refused_column as column'])
      .where('import_id', '=', importId)
      .where('refused', 'is not', null)
      .where('line', '>', after)
      .orderBy('line')
      .limit(STAGED_AT_ONCE)
      .execute();
    for (const { line, refused, column } of rows) yield { line, refused: refused ?? '', column };
    if (rows.length < STAGED_AT_ONCE) return;
    after = rows.at(-1)?.line ?? after;
  }
}
