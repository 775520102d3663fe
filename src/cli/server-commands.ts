import type { CommandLine } from '#cli/command-line.js';
import { withDatabase } from '#cli/offline-database.js';
import { readConfig } from '#config.js';

/** The commands that need no running server: they are one, or prepare for one. */
export function addServerCommands(line: CommandLine): void {
  line.add(line.program, 'serve', 'run the server until Ctrl-C or SIGTERM', async ({ terminal }) => {
    // Only now: the other commands need neither engine nor speech.
    const { serve } = await import('#app.js');
    await serve(readConfig(terminal.env));
  });

  line.add(line.program, 'migrate', "bring the database to this version's schema", async (invocation) => {
    const { terminal } = invocation;
    const { openDatabase } = await import('#storage/database.js');
    const { migrate } = await import('#storage/migrate.js');
    const applied = await withDatabase(readConfig(terminal.env), terminal, async (connection) => {
      const note = (text: string): void => terminal.note(`${text}\n`);
      const storage = await openDatabase({ connection, log: { info: () => undefined, warn: note, error: note } });
      try {
        return (await migrate(storage.kysely)).applied;
      } finally {
        await storage.close();
      }
    });
    invocation.result({ applied }, () =>
      applied.length === 0 ? 'nothing to do: the database has every migration' : `applied ${applied.join(', ')}`,
    );
  });
}
