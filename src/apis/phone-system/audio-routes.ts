import { createReadStream } from 'node:fs';
import Type from 'typebox';
import { requestedRange, type RouteTable } from '#apis/http/index.js';
import type { Caller } from '#core/accounts/index.js';
import { findRecordingFile } from '#core/call-records/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { readLink, signLink, type SignedLink } from '#core/signed-links.js';

/** The address of a file, for ten minutes, for whoever has it. */
export function audioUrl(core: Pick<Core, 'secrets' | 'clock' | 'settings'>, link: SignedLink): string {
  return `${core.settings.publicUrl}/api/v2/audio/${signLink(core, link)}.wav`;
}

/** What the links of recordings lead to. */
export function audioRoutes(table: RouteTable<Caller>): void {
  table.open('/audio/:name', {
    id: 'getAudio',
    tag: 'Calls',
    summary: 'A recording, by its link',
    description: 'Needs no key. A link is good for ten minutes, and no longer than what it leads to. Parts: `Range`.',
    params: Type.Object({ name: Type.String() }),
    returnsType: 'audio/wav',
    handle: async ({ core, params, request, reply }) => {
      const link = readLink(core, params.name.replace(/\.wav$/, ''));
      if (link === undefined) throw new CoreError('recording.not_found', 'This link leads nowhere, or no longer.');
      const { path, bytes } = await fileOf(core, link);
      const range = requestedRange(request, bytes);
      const { first, last } = range ?? { first: 0, last: bytes - 1 };
      if (range !== undefined) reply.code(206).header('content-range', `bytes ${first}-${last}/${bytes}`);
      reply.type('audio/wav').headers({
        'accept-ranges': 'bytes',
        'content-length': last - first + 1,
        'cache-control': 'private, no-store',
      });
      return createReadStream(path, { start: first, end: last });
    },
  });
}

async function fileOf(core: Core, link: SignedLink): Promise<{ path: string; bytes: number }> {
  if (link.kind === 'recording') return findRecordingFile(core, link);
  throw new CoreError('recording.not_found', 'There is no such file.');
}
