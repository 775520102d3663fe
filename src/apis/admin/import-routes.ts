import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { fileOf } from '#apis/http/index.js';
import { recordAudit } from '#core/accounts/index.js';
import { importContacts } from '#core/contacts/index.js';
import {
  cancelImport,
  findImport,
  listImports,
  readRefusedRows,
  receiveUpload,
  UPLOAD_LIMITS,
  type Import,
} from '#core/imports/index.js';

const Whose = Type.Object({ ...AccountQuery.properties, mode: Mode });
const Params = Type.Object({ id: Type.String() });
const LISTED = 50;
const LISTED_MAX = 500;

export function addImportRoutes(table: AdminRoutes): void {
  table.post('/uploads', {
    id: 'upload',
    summary: 'Hand in a CSV file',
    stream: { mostBytes: UPLOAD_LIMITS.bytes },
    unkept: true,
    query: Type.Object({ ...Whose.properties, name: Type.Optional(Type.String()) }),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const upload = await receiveUpload(core, {
        accountId,
        mode: query.mode,
        content: fileOf(body),
        name: query.name,
      });
      return { id: upload.id, bytes: upload.bytes };
    },
  });

  table.post('/contacts/import', {
    id: 'importContacts',
    summary: 'Import contacts from a file that was handed in',
    query: Whose,
    body: Type.Object(
      {
        upload: Type.String(),
        list: Type.Optional(Type.String()),
        tags: Type.Optional(Type.Array(Type.String())),
        columns: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]))),
        unknown: Type.Optional(Type.Union([Type.Literal('field'), Type.Literal('ignore'), Type.Literal('refuse')])),
        update: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: false },
    ),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const job = await importContacts(core, {
        ...{ accountId, mode: query.mode, uploadId: body.upload, listId: body.list },
        ...(body.tags === undefined ? {} : { tags: body.tags }),
        ...(body.columns === undefined ? {} : { columns: body.columns }),
        ...(body.unknown === undefined ? {} : { unknownColumns: body.unknown }),
        ...(body.update === undefined ? {} : { update: body.update }),
      });
      const at = new Date(core.clock.now());
      const details = { mode: query.mode };
      await recordAudit(core.db, { accountId, actor: ACTOR, action: 'contacts.import', subject: job.id, details, at });
      return presentImport(job);
    },
  });

  table.get('/imports', {
    id: 'listImports',
    summary: 'Imports of an account, the newest first',
    query: Type.Object({
      ...Whose.properties,
      limit: Type.Integer({ minimum: 1, maximum: LISTED_MAX, default: LISTED }),
    }),
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { imports } = await listImports(core, { accountId, mode: query.mode }, { limit: query.limit });
      return { imports: imports.map(presentImport) };
    },
  });

  table.get('/imports/:id', {
    id: 'showImport',
    summary: 'One import',
    query: Whose,
    params: Params,
    handle: async ({ core, query, params }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return presentImport(await findImport(core, { accountId, mode: query.mode }, params.id));
    },
  });

  table.get('/imports/:id/refused', {
    id: 'refusedRows',
    summary: 'The rows that were refused, as CSV',
    query: Whose,
    params: Params,
    returnsType: 'text/csv',
    handle: async ({ core, query, params, reply }) => {
      const { id: accountId } = await chosenAccount(core, query);
      reply.type('text/csv; charset=utf-8');
      return readRefusedRows(core, { accountId, mode: query.mode }, params.id);
    },
  });

  table.post('/imports/:id/cancel', {
    id: 'cancelImport',
    summary: 'Cancel an import',
    query: Whose,
    params: Params,
    handle: async ({ core, query, params }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const job = await cancelImport(core, { accountId, mode: query.mode }, params.id);
      const at = new Date(core.clock.now());
      await recordAudit(core.db, { accountId, actor: ACTOR, action: 'import.cancel', subject: job.id, at });
      return presentImport(job);
    },
  });
}

export function presentImport(job: Import) {
  return {
    id: job.id,
    kind: job.kind,
    status: job.status,
    bytes: job.bytes,
    bytes_read: job.bytesRead,
    rows: job.rows,
    has_refused: job.hasRefused,
    error: job.error ?? null,
    created_at: job.createdAt,
    ended_at: job.endedAt ?? null,
  };
}
