import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { ImportReply, presentImport } from '#apis/outreach/import-routes.js';
import type { Caller } from '#core/accounts/index.js';
import { importContacts } from '#core/contacts/index.js';

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
          ...(body.update === undefined ? {} : { update: body.update }),
        }),
        core.settings.publicUrl,
      ),
  });
}
