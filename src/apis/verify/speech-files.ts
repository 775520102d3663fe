import Type from 'typebox';
import { sendFile, type RouteTable } from '#apis/http/index.js';
import type { Caller } from '#core/accounts/index.js';
import { CoreError } from '#core/errors.js';
import { findSpeechFile } from '#core/speech/index.js';

const TYPES: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', wav: 'audio/wav', ogg: 'audio/ogg' };

/** What the links of spoken files lead to. Whoever has one needs no key. */
export function speechFileRoutes(table: RouteTable<Caller>): void {
  table.open('/speech/files/:name', {
    id: 'getSpeechFile',
    tag: 'Speech',
    summary: 'A spoken file, by its link',
    description: 'For a day. Parts can be asked for (`Range`).',
    params: Type.Object({ name: Type.String() }),
    returnsType: 'audio/mpeg',
    handle: async ({ core, params, ...handling }) => {
      const [token = '', format = ''] = params.name.split('.', 2);
      const { file, bytes, accountId } = await findSpeechFile(core, { token, format });
      return sendFile(handling, {
        ...{ type: TYPES[format] ?? 'application/octet-stream', bytes, byLink: { accountId, file } },
        open: (part) => core.speechFiles.open(file, part),
        // Deleted at this moment.
        gone: () => new CoreError('speech.not_found', 'There is no such file, or no longer.'),
      });
    },
  });
}
