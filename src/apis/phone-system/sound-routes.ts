import Type, { type Static } from 'typebox';
import { HttpProblem, sendFile, type RouteTable, type UploadedFile } from '#apis/http/index.js';
import { IdParams } from '#apis/phone-system/ids.js';
import { dataOf, PageQuery, pageOf, presentPage } from '#apis/phone-system/page.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import {
  addSound,
  findSound,
  findSoundFile,
  listSounds,
  removeSound,
  renameSound,
  SOUND_LIMITS,
  soundNotFound,
  type Sound,
} from '#core/sounds/index.js';

const tag = 'Sounds';
const strict = { additionalProperties: false };
const SoundObject = Type.Object({
  id: Type.Integer({ description: 'The `soundId` of greetings and hold music.' }),
  name: Type.String(),
  duration: Type.Number({ description: 'Seconds.' }),
  createdAt: Type.String(),
});

function present({ id, name, durationMs, createdAt }: Sound): Static<typeof SoundObject> {
  return { id, name, duration: durationMs / 1000, createdAt: presentTime(createdAt) };
}

/** Files that calls play. */
export function soundRoutes(table: RouteTable<Caller>): void {
  table.get('/sounds', {
    id: 'listSounds',
    tag,
    summary: 'List sounds, the oldest first',
    scope: 'phone-system:read',
    query: PageQuery,
    returns: pageOf(SoundObject),
    handle: async (handling) => {
      const { items, total } = await listSounds(handling.core, handling.auth, handling.query);
      return presentPage(handling, { items: items.map(present), total });
    },
  });

  table.post('/sounds', {
    id: 'addSound',
    tag,
    summary: 'Hand in a sound',
    description:
      `A WAV or MP3 of at most ${SOUND_LIMITS.fileBytes / 1024 / 1024} MB and ${SOUND_LIMITS.seconds / 60} minutes. ` +
      'It is kept as telephones sound: mono, 8,000 samples a second.',
    scope: 'phone-system:write',
    form: true,
    bodyLimitBytes: SOUND_LIMITS.fileBytes + 65_536,
    body: Type.Object(
      {
        file: Type.Unsafe<UploadedFile | string>({ contentMediaType: 'application/octet-stream' }),
        name: Type.Optional(Type.String({ description: 'Default: that of the file.' })),
      },
      strict,
    ),
    status: 201,
    returns: dataOf(SoundObject),
    handle: async ({ core, auth, body: { file, name } }) => {
      if (typeof file === 'string') {
        throw new HttpProblem('invalid_input', 'The field "file" must be an uploaded file.', { field: 'file' });
      }
      const { accountId, mode, keyId: actor } = auth;
      const called = name ?? file.filename.slice(0, SOUND_LIMITS.nameCharacters);
      return {
        data: present(await addSound(core, { accountId, mode, name: called, audio: { bytes: file.bytes }, actor })),
      };
    },
  });

  table.get('/sounds/:id', {
    id: 'getSound',
    tag,
    summary: 'One sound',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(SoundObject),
    handle: async ({ core, auth, params }) => ({ data: present(await findSound(core, auth, params.id)) }),
  });

  table.get('/sounds/:id/audio', {
    id: 'getSoundAudio',
    tag,
    summary: 'The sound itself, as WAV',
    description: 'Parts: `Range`.',
    scope: 'phone-system:read',
    params: IdParams,
    returnsType: 'audio/wav',
    handle: async ({ core, auth, params, ...handling }) => {
      const { file, bytes } = await findSoundFile(core, auth, params.id);
      const open = (part: { first: number; last: number }) => core.recordings.open(file, part);
      return sendFile(handling, {
        type: 'audio/wav',
        bytes,
        byLink: undefined,
        open,
        gone: () => soundNotFound(params.id),
      });
    },
  });

  table.patch('/sounds/:id', {
    id: 'renameSound',
    tag,
    summary: 'Give a sound another name',
    scope: 'phone-system:write',
    params: IdParams,
    body: Type.Object({ name: Type.String() }, strict),
    returns: dataOf(SoundObject),
    handle: async ({ core, auth, params, body }) => {
      const { accountId, mode, keyId: actor } = auth;
      return { data: present(await renameSound(core, { accountId, mode, id: params.id, name: body.name, actor })) };
    },
  });

  table.delete('/sounds/:id', {
    id: 'deleteSound',
    tag,
    summary: 'Delete a sound',
    description: 'Refused with who uses it, unless a replacement is named.',
    scope: 'phone-system:write',
    params: IdParams,
    query: Type.Object(
      { replacementId: Type.Optional(Type.Integer({ description: 'The sound that is played in its place.' })) },
      { additionalProperties: false },
    ),
    handle: async ({ core, auth, params, query }) => {
      const { accountId, mode, keyId: actor } = auth;
      await removeSound(core, { accountId, mode, id: params.id, replacementId: query.replacementId, actor });
      return undefined;
    },
  });
}
