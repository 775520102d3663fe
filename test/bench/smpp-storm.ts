/** 100,000 texts over SMPP, servers killed and connections cut among them; then what both sides say. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '#storage/embedded.js';
import { makeTemplate, onDatabase } from '../database-template.js';
import { runSmppStorm } from '../smpp-storm.js';

const texts = Number(process.env['TEXTS'] ?? 100_000);
const STORM = {
  ...{ texts, together: 2500, kills: 12, cuts: 40, window: 100, withinMs: 3_300_000 },
  tell: (progress: string) => console.log(`  ${progress}`),
};

const dataFolder = mkdtempSync(join(tmpdir(), 'sidetone-bench-'));
const log = { info: () => undefined, warn: () => undefined, error: console.error };
const server = await startEmbedded({ dataFolder, log, durable: false });
try {
  const connection = onDatabase(server.connection, await makeTemplate(server.connection));
  const storm = await runSmppStorm(connection, STORM);
  const { ends, doubled, wrong, violations } = storm;
  console.log(
    `${texts} texts in ${storm.seconds.toFixed(0)} s, ${storm.taken} parts taken, ${storm.throttled} throttled`,
  );
  console.log(`${storm.kills} processes killed, ${storm.cuts} connections lost, ${storm.silences} answers never came`);
  for (const [status, count] of Object.entries(ends).sort()) console.log(`  ${String(count).padStart(6)} ${status}`);
  console.log(`${storm.unknown} were unknown at first; at most ${storm.mostUnknown} may have been`);
  console.log(`doubled ${doubled.length}, not what the carrier saw ${wrong.length}, violations ${violations.length}`);
  for (const line of wrong.slice(0, 20)) console.log(`  ${line}`);
} finally {
  await server.close();
  rmSync(dataFolder, { recursive: true, force: true });
}
