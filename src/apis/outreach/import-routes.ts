import Type from 'typebox';
import { fileOf, type RouteTable } from '#apis/http/index.js';
import { presentOptionalTime, presentTime } from '#apis/outreach/parse-time.js';
import type { Caller } from '#core/accounts/index.js';
import {
  cancelImport,
  findImport,
  IMPORT_LIMITS,
  listImports,
  readRefusedRows,
  receiveUpload,
  UPLOAD_LIMITS,
  type Import,
} from '#core/imports/index.js';

const tag = 'Imports';
const strict = { additionalProperties: false };
const Params = Type.Object({ id: Type.String() });

const UploadReply = Type.Object({ upload_id: Type.String(), bytes: Type.Integer(), expires_at: Type.String() });

export const ImportReply = Type.Object(
  {
    import_id: Type.String(),
    status: Type.String({ description: '`queued`, `running`, `completed`, `failed`, `canceled`.' }),
    rows: Type.Record(Type.String(), Type.Integer()),
    created_at: Type.String(),
  },
  { description: 'Until it is `completed` nothing of the file is applied; then all of it is that was not refused.' },
);

export function presentImport(job: Import, publicUrl: string) {
  const { read, created, changed, duplicate, refused } = job.rows;
  const completed = job.status === 'completed';
  return {
    import_id: job.id,
    kind: job.kind,
    status: job.status,
    upload_id: job.uploadId,
    list_id: job.kind === 'contacts' ? (job.targetId ?? null) : null,
    campaign_id: job.kind === 'recipients' ? (job.targetId ?? null) : null,
    bytes: job.bytes,
    bytes_read: job.bytesRead,
    rows: {
      read,
      created,
      changed,
      unchanged: completed ? read - created - changed - duplicate - refused : 0,
      duplicate,
      refused,
    },
    refused_url: job.hasRefused ? `${publicUrl}/api/v1/imports/${job.id}/refused` : null,
    error: job.error ?? null,
    cancel_requested: job.cancelRequested,
    created_at: presentTime(job.createdAt),
    started_at: presentOptionalTime(job.startedAt),
    ended_at: presentOptionalTime(job.endedAt),
  };
}

/** Files that are handed in, and how their reading comes along. */
export function importRoutes(table: RouteTable<Caller>): void {
  table.post('/uploads', {
    id: 'upload',
    tag,
    summary: 'Hand in a CSV file',
    description:
      `The body is the file, or a form (multipart/form-data) with one file, at most ${UPLOAD_LIMITS.bytes / 1_000_000} MB, in ` +
      'UTF-8; its first line names the columns. It is kept for ' +
      `${UPLOAD_LIMITS.keptHours} hours after its last use. An Idempotency-Key means nothing here: a file that is ` +
      'handed in twice is two files.',
    scope: 'contacts:write',
    stream: { mostBytes: UPLOAD_LIMITS.bytes },
    unkept: true,
    query: Type.Object(
      {
        name: Type.Optional(
          Type.String({ maxLength: UPLOAD_LIMITS.nameCharacters, description: 'Yours, of the file.' }),
        ),
      },
      strict,
    ),
    status: 201,
    returns: UploadReply,
    handle: async ({ core, auth, body, query }) => {
      const { accountId, mode } = auth;
      const upload = await receiveUpload(core, { accountId, mode, content: fileOf(body), name: query.name });
      return { upload_id: upload.id, bytes: upload.bytes, expires_at: presentTime(upload.expiresAt) };
    },
  });

  table.get('/imports', {
    id: 'listImports',
    tag,
    summary: 'List imports, the newest first',
    scope: 'contacts:read',
    query: Type.Object(
      {
        limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
        cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before.' })),
      },
      strict,
    ),
    handle: async ({ core, auth, query }) => {
      const { imports, next } = await listImports(core, auth, { limit: query.limit, after: query.cursor });
      return {
        imports: imports.map((job) => presentImport(job, core.settings.publicUrl)),
        next_cursor: next ?? null,
      };
    },
  });

  table.get('/imports/:id', {
    id: 'getImport',
    tag,
    summary: 'How an import comes along',
    scope: 'contacts:read',
    params: Params,
    returns: ImportReply,
    handle: async ({ core, auth, params }) =>
      presentImport(await findImport(core, auth, params.id), core.settings.publicUrl),
  });

  table.get('/imports/:id/refused', {
    id: 'getRefusedRows',
    tag,
    summary: 'The rows that were refused, as CSV',
    description:
      'Line, column and reason, then the row as it was, so that it can be corrected and handed in again. Kept for ' +
      `${IMPORT_LIMITS.refusedKeptDays} days.`,
    scope: 'contacts:read',
    params: Params,
    returnsType: 'text/csv',
    handle: async ({ core, auth, params, reply }) => {
      const rows = await readRefusedRows(core, auth, params.id);
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${params.id}.refused.csv"`)
        .header('cache-control', 'private, no-store');
      return rows;
    },
  });

  table.post('/imports/:id/cancel', {
    id: 'cancelImport',
    tag,
    summary: 'Cancel an import',
    description: 'Nothing of it is applied. One whose rows are being written already cannot be canceled.',
    scope: 'contacts:write',
    params: Params,
    returns: ImportReply,
    handle: async ({ core, auth, params }) =>
      presentImport(await cancelImport(core, auth, params.id), core.settings.publicUrl),
  });
}
