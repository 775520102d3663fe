import type { Selectable } from 'kysely';
import type { ImportOwner } from '#core/imports/upload.js';
import type { ImportTable } from '#core/tables.js';

export type ImportKind = ImportTable['kind'];
export type ImportStatus = ImportTable['status'];

/** The reading of a file into rows of ours: all that can be used of it, in one step at its end, or nothing. */
export interface Import extends ImportOwner {
  id: string;
  kind: ImportKind;
  uploadId: string;
  /** The campaign or the list that it fills. */
  targetId: string | undefined;
  options: ImportOptions;
  status: ImportStatus;
  bytes: number;
  bytesRead: number;
  rows: {
    read: number;
    created: number;
    changed: number;
    /** Given again further down in the file, where the later row counts. */
    duplicate: number;
    refused: number;
  };
  /** Whether there is a file of the rows that were refused. */
  hasRefused: boolean;
  /** Why it failed, in a sentence. */
  error: string | undefined;
  cancelRequested: boolean;
  createdAt: Date;
  startedAt: Date | undefined;
  endedAt: Date | undefined;
}

/** What every kind of import understands; the rest is the kind's own. */
export interface ImportOptions extends Record<string, unknown> {
  /** The file's headings by the names that they stand for; null: a column that is not read. */
  columns?: Record<string, string | null>;
  /** Other words for columns of ours, lower case; a file need not have them. */
  aliases?: Record<string, string>;
}

export const IMPORT_LIMITS = { openPerAccount: 20, rows: 5_000_000, columns: 200, refusedKeptDays: 7 } as const;

export function toImport(row: Selectable<ImportTable>): Import {
  return {
    id: row.id,
    accountId: row.account_id,
    mode: row.mode,
    kind: row.kind,
    uploadId: row.upload_id,
    targetId: row.target_id ?? undefined,
    options: row.options,
    status: row.status,
    // pg gives a bigint as text.
    bytes: Number(row.bytes),
    bytesRead: Number(row.bytes_read),
    rows: {
      read: row.rows_read,
      created: row.rows_created,
      changed: row.rows_changed,
      duplicate: row.rows_duplicate,
      refused: row.rows_refused,
    },
    hasRefused: row.refused_file !== null,
    error: row.error ?? undefined,
    cancelRequested: row.cancel_requested_at !== null,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
