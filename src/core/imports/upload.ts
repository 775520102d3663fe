import type { Selectable } from 'kysely';
import { CoreError } from '#core/errors.js';
import type { Mode, UploadTable } from '#core/tables.js';

/** Whose files and imports. */
export interface ImportOwner {
  accountId: string;
  mode: Mode;
}

/** A file that was handed in. */
export interface Upload {
  id: string;
  /** As its sender calls it. */
  name: string | undefined;
  bytes: number;
  createdAt: Date;
  /** When it is deleted, unless it is used meanwhile. */
  expiresAt: Date;
}

export const UPLOAD_LIMITS = { bytes: 500_000_000, keptHours: 24, nameCharacters: 200, perAccount: 100 } as const;

export const UPLOAD_KEPT_MS = UPLOAD_LIMITS.keptHours * 3_600_000;

export function toUpload(row: Selectable<UploadTable>): Upload {
  return {
    id: row.id,
    name: row.name ?? undefined,
    // pg gives a bigint as text.
    bytes: Number(row.bytes),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

export function uploadNotFound(id: string): CoreError {
  return new CoreError('upload.not_found', `There is no upload ${id}, or its time is over: hand the file in again.`, {
    field: 'uploadId',
  });
}
