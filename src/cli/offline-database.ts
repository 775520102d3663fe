import type { Terminal } from '#cli/terminal.js';
import type { Config } from '#config.js';
import type { Connection } from '#storage/connection.js';

/**
 * The database without a running server: the one of DATABASE_URL, else the embedded one, started for as long as `work`
 * takes. Storage's errors pass through; they are one line each. A server on the same data folder is one of them.
 */
export async function withDatabase<Result>(
  config: Config,
  terminal: Terminal,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  if (config.databaseUrl !== undefined) return work({ url: config.databaseUrl });
  const { startEmbedded } = await import('#storage/embedded.js');
  const note = (line: string): void => terminal.note(`${line}\n`);
  const embedded = await startEmbedded({
    dataFolder: config.dataFolder,
    log: { info: () => undefined, warn: note, error: note },
  });
  try {
    return await work(embedded.connection);
  } finally {
    await embedded.close();
  }
}
