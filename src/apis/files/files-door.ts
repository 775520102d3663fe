import Type from 'typebox';
import { sendFile, type OpenDoor } from '#apis/http/index.js';
import { attachmentGone, findAttachmentFile } from '#core/attachments/index.js';

/** Where carriers, and whoever was given a link, fetch pictures and files of texts. Each link is its own proof. */
export const filesDoor: OpenDoor = {
  name: 'files',
  prefix: '/files',
  guard: { kind: 'open' },
  presentError: ({ code, message }) => ({ error: { code, message } }),
  refusals: { 'attachment.not_found': { status: 404, code: 'not_found' } },
  routes(table) {
    table.get('/:name', {
      id: 'getFile',
      summary: 'A picture or file, by its link',
      params: Type.Object({ name: Type.String() }),
      returnsType: 'application/octet-stream',
      async handle({ core, params, ...handling }) {
        const { accountId, file, mediaType, bytes, name, inline } = await findAttachmentFile(core, params.name);
        return sendFile(handling, {
          ...{ type: mediaType, bytes, byLink: { accountId, file } },
          headers: {
            'content-disposition': `${inline ? 'inline' : 'attachment'}; filename="${name}"`,
            // Whoever sent it is a stranger: nothing in it runs as part of this server's pages.
            'content-security-policy': "default-src 'none'; sandbox",
            'x-content-type-options': 'nosniff',
          },
          open: (part) => core.uploads.open(file, part),
          // Deleted at this moment.
          gone: attachmentGone,
        });
      },
    });
  },
};
