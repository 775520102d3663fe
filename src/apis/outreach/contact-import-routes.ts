import Type from 'typebox';
import { Readable } from 'node:stream';
import type { RouteTable } from '#apis/http/index.js';
import { ImportReply, presentImport } from '#apis/outreach/import-routes.js';
import type { Caller } from '#core/accounts/index.js';
import { BASIS_CHARACTERS, exportContacts, importContacts } from '#core/contacts/index.js';

const strict = { additionalProperties: false };

/** From a file to the address book. */
export function contactImportRoutes(table: RouteTable<Caller>): void {
  table.post('/contacts/import', {
    id: 'importContacts',
    tag: 'Contacts',
    summary: 'Import contacts from a file',
    description:
      'The file was handed in with `POST /api/v1/uploads`. Its columns are those of the export: `phone`, `first_name` …; ' +
      'an empty cell changes nothing. Of rows with one number the last counts. Opt-outs are never lifted.',
    scope: 'contacts:write',
    body: Type.Object(
      {
        upload_id: Type.String(),
        list_id: Type.Optional(Type.String({ description: 'They become members of this list.' })),
        tags: Type.Optional(Type.Array(Type.String(), { description: 'For each of them, beside those that it has.' })),
        columns: Type.Optional(
          Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
            description: 'Headings of the file by what they stand for; null: not read.',
            examples: [{ Mobile: 'phone', Notes: null }],
          }),
        ),
        unknown_columns: Type.Optional(
          Type.Union([Type.Literal('field'), Type.Literal('ignore'), Type.Literal('refuse')], {
            description: 'What other columns become. Default: `field`, a field of your own.',
          }),
        ),
        consent: Type.Optional(
          Type.Object(
            {
              voice: Type.Optional(Type.Object({ basis: Type.String({ maxLength: BASIS_CHARACTERS }) }, strict)),
              sms: Type.Optional(Type.Object({ basis: Type.String({ maxLength: BASIS_CHARACTERS }) }, strict)),
            },
            { ...strict, description: 'What each of them agreed to whose row says nothing else, and where.' },
          ),
        ),
        update: Type.Optional(
          Type.Boolean({ description: 'Whether contacts that are known already are changed. Default: true.' }),
        ),
      },
      strict,
    ),
    status: 201,
    returns: ImportReply,
    handle: async ({ core, auth, body }) =>
      presentImport(
        await importContacts(core, {
          ...{ accountId: auth.accountId, mode: auth.mode, uploadId: body.upload_id },
          ...(body.list_id === undefined ? {} : { listId: body.list_id }),
          ...(body.tags === undefined ? {} : { tags: body.tags }),
          ...(body.columns === undefined ? {} : { columns: body.columns }),
          ...(body.unknown_columns === undefined ? {} : { unknownColumns: body.unknown_columns }),
          ...(body.consent === undefined ? {} : { consent: body.consent }),
          ...(body.update === undefined ? {} : { update: body.update }),
        }),
        core.settings.publicUrl,
      ),
  });

  table.get('/contacts/export', {
    id: 'exportContacts',
    tag: 'Contacts',
    summary: 'All contacts as CSV, with the columns of an import',
    scope: 'contacts:read',
    query: Type.Object({ tag: Type.Optional(Type.String()), list_id: Type.Optional(Type.String()) }, strict),
    returnsType: 'text/csv',
    handle: async ({ core, auth, query, reply }) => {
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="contacts.csv"')
        .header('cache-control', 'private, no-store');
      return Readable.from(exportContacts(core, auth, { tag: query.tag, listId: query.list_id }));
    },
  });
}
