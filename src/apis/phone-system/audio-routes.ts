import Type from 'typebox';
import { sendFile, type RouteTable } from '#apis/http/index.js';
import type { Caller } from '#core/accounts/index.js';
import { findRecordingFile } from '#core/call-records/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { LINK_SECONDS, readLink, signLink, type SignedLink } from '#core/signed-links.js';
import { findVoiceMessageFile } from '#core/voicemail/index.js';

/** The address of a file, for ten minutes, for whoever has it. */
export function audioUrl(core: Pick<Core, 'secrets' | 'clock' | 'settings'>, link: SignedLink): string {
  return `${core.settings.publicUrl}/api/v2/audio/${signLink(core, link)}.wav`;
}

/** What the links of recordings and voice messages lead to. */
export function audioRoutes(table: RouteTable<Caller>): void {
  table.open('/audio/:name', {
    id: 'getAudio',
    tag: 'Calls',
    summary: 'A recording or a voice message, by its link',
    description: `Needs no key. A link is good for ${LINK_SECONDS / 60} minutes, and no longer than what it leads to. Parts: \`Range\`.`,
    params: Type.Object({ name: Type.String() }),
    returnsType: 'audio/wav',
    handle: async ({ core, params, ...handling }) => {
      const link = readLink(core, params.name.replace(/\.wav$/, ''));
      if (link === undefined) throw leadsNowhere();
      const { file, bytes } = await fileOf(core, link);
      return sendFile(handling, {
        ...{ type: 'audio/wav', bytes, byLink: { accountId: link.accountId, file } },
        open: (part) => core.recordings.open(file, part),
        // Deleted at this moment: the file goes before its row.
        gone: leadsNowhere,
      });
    },
  });
}

function fileOf(core: Pick<Core, 'db'>, link: SignedLink): Promise<{ file: string; bytes: number }> {
  if (link.kind === 'voice_message') return findVoiceMessageFile(core, link, link.id);
  if (link.kind === 'recording') return findRecordingFile(core, link);
  throw leadsNowhere();
}

function leadsNowhere(): CoreError {
  return new CoreError('recording.not_found', 'This link leads nowhere, or no longer.');
}
