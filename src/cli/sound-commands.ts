import { basename } from 'node:path';
import type { CommandLine } from '#cli/command-line.js';
import { modeOption, queryOf } from '#cli/user-commands.js';

interface Sound {
  id: number;
  name: string;
  duration_seconds: number;
  created_at: string;
}

export function addSoundCommands(line: CommandLine): void {
  const sounds = line.group('sounds', 'greetings and music that calls play');

  line
    .add(sounds, 'add <file>', 'hand in a WAV or MP3', async (invocation, [file = ''], options) => {
      const sound = await invocation.server.call<Sound>({
        method: 'POST',
        path: '/sounds',
        query: { ...queryOf(invocation, options), name: options['name'] ?? basename(file) },
        file,
      });
      invocation.result(sound, () => `added ${sound.name} (${sound.id}), ${sound.duration_seconds} s`);
    })
    .addOption(modeOption())
    .option('--name <name>', 'default: that of the file');

  line
    .add(sounds, 'list', 'list them, the oldest first', async (invocation, _, options) => {
      const { sounds: rows } = await invocation.server.call<{ sounds: Sound[] }>({
        method: 'GET',
        path: '/sounds',
        query: queryOf(invocation, options),
      });
      invocation.table(
        rows,
        {
          ID: (row) => row.id,
          NAME: (row) => row.name,
          SECONDS: (row) => row.duration_seconds,
          ADDED: (row) => row.created_at,
        },
        'no sounds',
      );
    })
    .addOption(modeOption());

  line
    .add(sounds, 'remove <sound>', 'delete one that nothing plays', async (invocation, [id = ''], options) => {
      const removed = await invocation.server.call<{ id: number }>({
        method: 'DELETE',
        path: `/sounds/${encodeURIComponent(id)}`,
        query: { ...queryOf(invocation, options), replacement: options['replacement'] },
      });
      invocation.result(removed, () => `removed ${removed.id}`);
    })
    .addOption(modeOption())
    .option('--replacement <sound>', 'the one that is played in its place');
}
