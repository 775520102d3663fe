import { resolve } from 'node:path';
import type { CommandLine, Invocation } from '#cli/command-line.js';
import { withDatabase } from '#cli/offline-database.js';
import { readConfig } from '#config.js';

interface Summary {
  tables: number;
  rows: number;
  files: number;
  secret: boolean;
}

export function addBackupCommands(line: CommandLine): void {
  line.add(
    line.program,
    'backup <file>',
    'write database, recordings, uploads and secret key of the running server into one archive (.tar.gz)',
    async (invocation, [name = '']) => {
      const file = resolve(name);
      const made = await invocation.server.call<Summary & { bytes: number }>({
        method: 'POST',
        path: '/backup',
        body: { file },
      });
      noteAbsentKey(invocation, made);
      invocation.result({ file, ...made }, () => `wrote ${file}: ${describe(made)}, ${made.bytes} bytes`);
    },
  );

  line
    .add(
      line.program,
      'restore <file>',
      'put a backup in place; the server must not run',
      async (invocation, [name = ''], { force }) => {
        const { terminal } = invocation;
        const config = readConfig(terminal.env);
        const { restore } = await import('#storage/backup/restore.js');
        const put = await withDatabase(config, terminal, (connection) =>
          restore({ archive: resolve(name), connection, dataFolder: config.dataFolder, force: force !== undefined }),
        );
        noteAbsentKey(invocation, put);
        invocation.result(put, () => `restored the backup of ${put.createdAt}: ${describe(put)}`);
      },
    )
    .option('--force', 'replace the data that is there');
}

function describe({ tables, rows, files }: Summary): string {
  return `${rows} rows of ${tables} tables and ${files} files`;
}

function noteAbsentKey(invocation: Invocation, { secret }: Summary): void {
  if (secret) return;
  invocation.note('the secret key is not in it: keep SIDETONE_SECRET_KEY, without it passwords and secrets are lost');
}
