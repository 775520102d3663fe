/**
 * A process for the tests to kill: `node embedded-child.js FOLDER [write]`.
 * Starts PostgreSQL in the folder and prints `ready {json}`; with `write` it then commits rows from several connections
 * and prints each number after its commit was acknowledged. SIGTERM closes in order. Trouble is one line, exit code 1.
 */
import pg from 'pg';
import { startEmbedded } from '#storage/embedded.js';
import { StorageError } from '#storage/storage-error.js';

const WRITERS = 4;

async function main(): Promise<void> {
  const [dataFolder = '', mode] = process.argv.slice(2);
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const embedded = await startEmbedded({ dataFolder, log: silent });
  console.log(`ready ${JSON.stringify({ connection: embedded.connection, way: embedded.way })}`);
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  const pool = new pg.Pool({ ...embedded.connection, max: WRITERS });
  pool.on('error', () => undefined);
  if (mode === 'write') {
    await pool.query('create table if not exists kept (number integer primary key)');
    const first = (await pool.query<{ next: number }>('select coalesce(max(number), 0) + 1 as next from kept')).rows[0];
    let next = first?.next ?? 1;
    await Promise.all(
      Array.from({ length: WRITERS }, async () => {
        while (!stop.signal.aborted) {
          const number = next++;
          try {
            await pool.query('insert into kept (number) values ($1)', [number]);
            console.log(number);
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 20)); // the server is being killed
          }
        }
      }),
    );
  } else {
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
  }
  await pool.end();
  await embedded.close();
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StorageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
