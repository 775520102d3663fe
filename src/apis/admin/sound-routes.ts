import { buffer } from 'node:stream/consumers';
import Type from 'typebox';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { OwnerQuery, ownerOf } from '#apis/admin/user-routes.js';
import { fileOf } from '#apis/http/index.js';
import { addSound, listSounds, removeSound, SOUND_LIMITS, type Sound } from '#core/sounds/index.js';

const ALL = { page: 1, pageSize: SOUND_LIMITS.perAccount };

/** Files that calls play. */
export function addSoundRoutes(table: AdminRoutes): void {
  table.get('/sounds', {
    id: 'listSounds',
    summary: 'The sounds that calls can play',
    query: OwnerQuery,
    handle: async ({ core, query }) => {
      const { items } = await listSounds(core, await ownerOf(core, query), ALL);
      return { sounds: items.map(presentSound) };
    },
  });

  table.post('/sounds', {
    id: 'addSound',
    summary: 'Hand in a WAV or MP3',
    stream: { mostBytes: SOUND_LIMITS.fileBytes },
    unkept: true,
    query: Type.Object({ ...OwnerQuery.properties, name: Type.String() }),
    status: 201,
    handle: async ({ core, query, body }) => {
      const bytes = await buffer(fileOf(body));
      const { name } = query;
      const owner = await ownerOf(core, query);
      return presentSound(await addSound(core, { ...owner, name, audio: { bytes }, actor: ACTOR }));
    },
  });

  table.delete('/sounds/:id', {
    id: 'removeSound',
    summary: 'Delete a sound; what played it plays the replacement',
    query: Type.Object({ ...OwnerQuery.properties, replacement: Type.Optional(Type.Integer()) }),
    params: Type.Object({ id: Type.Integer() }),
    handle: async ({ core, query, params }) => {
      const owner = await ownerOf(core, query);
      await removeSound(core, { ...owner, id: params.id, replacementId: query.replacement, actor: ACTOR });
      return { id: params.id };
    },
  });
}

function presentSound({ id, name, durationMs, createdAt }: Sound) {
  return { id, name, duration_seconds: durationMs / 1000, created_at: createdAt };
}
