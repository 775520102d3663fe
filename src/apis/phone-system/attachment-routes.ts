import Type, { type Static } from 'typebox';
import { HttpProblem, type RouteTable, type UploadedFile } from '#apis/http/index.js';
import { dataOf } from '#apis/phone-system/page.js';
import { AttachmentObject, presentAttachment } from '#apis/phone-system/present-attachment.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { addAttachment, ATTACHMENT_LIMITS, MEDIA_TYPES } from '#core/attachments/index.js';

const UnsentObject = Type.Object({
  ...AttachmentObject.properties,
  bytes: Type.Integer(),
  createdAt: Type.String(),
  expiresAt: Type.String({ description: 'Then it is deleted, unless it was sent.' }),
});

/** Pictures and files that are to go with a text. */
export function attachmentRoutes(table: RouteTable<Caller>): void {
  table.post('/attachments', {
    id: 'addAttachment',
    tag: 'Texts',
    summary: 'Hand in a picture or file, to send it with a text',
    description:
      `At most ${ATTACHMENT_LIMITS.bytes / 1024 / 1024} MB, and by its bytes one of ${MEDIA_TYPES.join(', ')}. It goes ` +
      'with one text, within a day.',
    scope: 'phone-system:write',
    form: true,
    // A file without a reply is deleted in time, so nothing is kept of the request.
    unkept: true,
    bodyLimitBytes: ATTACHMENT_LIMITS.bytes + 65_536,
    body: Type.Object(
      { file: Type.Unsafe<UploadedFile | string>({ contentMediaType: 'application/octet-stream' }) },
      { additionalProperties: false },
    ),
    status: 201,
    refuses: [413, 507],
    returns: dataOf(UnsentObject),
    handle: async (handling) => {
      const { core, auth, body } = handling;
      if (typeof body.file === 'string') {
        throw new HttpProblem('invalid_input', 'The field "file" must be an uploaded file.', { field: 'file' });
      }
      const { accountId, mode } = auth;
      const added = await addAttachment(core, { accountId, mode, bytes: body.file.bytes });
      const data: Static<typeof UnsentObject> = {
        ...presentAttachment(handling, added),
        bytes: added.bytes,
        createdAt: presentTime(added.createdAt),
        expiresAt: presentTime(added.expiresAt),
      };
      return { data };
    },
  });
}
