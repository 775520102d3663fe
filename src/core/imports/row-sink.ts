import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { Import } from '#core/imports/import.js';
import type { Tables } from '#core/tables.js';

/** A row by the names of its columns; absent: the file has no such column. */
export type Row = Readonly<Record<string, string>>;

/** What becomes of a row: it is staged under its number, or refused with a sentence. */
export type CheckedRow = { phone: string; data: Record<string, unknown> } | { refused: string; column?: string };

/** What the rows of one kind of import become. */
export interface RowSink {
  /** The names of the columns that it knows, beside `phone`. Headings are taken for them whatever their case. */
  columns: readonly string[];
  /** Before the first row. A `CoreError` ends the import, its message as the reason. `columns`: those of the file. */
  begin(
    core: Pick<Core, 'db' | 'clock' | 'secrets' | 'wake'>,
    job: Import,
    columns: readonly string[],
  ): Promise<RowRun>;
}

export interface RowRun {
  /** Of one row alone; called for each, so it must not wait for anything. */
  check(row: Row, line: number): CheckedRow;
  /** Refuses staged rows for what they are together or beside what there is: sets `import_rows.refused`. */
  compare?(tx: Transaction<Tables>): Promise<void>;
  /**
   * Makes all that is staged under the import's id true, in one transaction: no number is there twice, and no refused
   * row. Counts what was made and what was changed.
   */
  apply(tx: Transaction<Tables>): Promise<{ created: number; changed: number }>;
  /** After the commit. */
  applied?(): void;
}
