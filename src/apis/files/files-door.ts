import Type from 'typebox';
import type { OpenDoor } from '#apis/http/index.js';
import { openAttachment } from '#core/attachments/index.js';

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
      async handle({ core, params, reply }) {
        const { mediaType, bytes, name, inline, content } = await openAttachment(core, params.name);
        reply.type(mediaType).headers({
          'content-length': bytes,
          'cache-control': 'private, no-store',
          'content-disposition': `${inline ? 'inline' : 'attachment'}; filename="${name}"`,
          // Whoever sent it is a stranger: nothing in it runs as part of this server's pages.
          'content-security-policy': "default-src 'none'; sandbox",
          'x-content-type-options': 'nosniff',
        });
        return content;
      },
    });
  },
};
