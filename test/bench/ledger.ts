/** 10,000 live uses with every kind of end, by processes that are killed again and again; then the ledger's difference. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '#storage/embedded.js';
import { makeTemplate, onDatabase } from '../database-template.js';
import { runLedgerStorm } from '../ledger-storm.js';

const STORM = { uses: 10_000, together: 1000, kills: 12, killEvery: 4000 };

const dataFolder = mkdtempSync(join(tmpdir(), 'sidetone-bench-'));
const log = { info: () => undefined, warn: () => undefined, error: console.error };
const server = await startEmbedded({ dataFolder, log, durable: false });
try {
  const connection = onDatabase(server.connection, await makeTemplate(server.connection));
  const storm = await runLedgerStorm(connection, STORM);
  console.log(
    `${STORM.uses} uses in ${storm.seconds.toFixed(0)} s, ${storm.kills} processes killed, ${storm.entries} entries`,
  );
  for (const [what, n] of Object.entries(storm.uses)) console.log(`  ${String(n).padStart(6)} ${what}`);
  console.log(`difference ${storm.difference}, still held ${storm.stillHeld}, violations ${storm.violations.length}`);
} finally {
  await server.close();
  rmSync(dataFolder, { recursive: true, force: true });
}
