/**
 * A live campaign of 2,000 by voice to sipp, with servers killed on the way; then what both sides say. `RECIPIENTS=200`
 * takes fewer, `DEATHS=0` kills nobody.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '#storage/embedded.js';
import { runCampaignStorm } from '../campaign-storm.js';
import { makeTemplate, onDatabase } from '../database-template.js';

const recipients = Number(process.env['RECIPIENTS'] ?? 2000);
const deaths = (['any', 'recipient.fed', 'call.dialed'] as const).slice(0, Number(process.env['DEATHS'] ?? 3));

const dataFolder = mkdtempSync(join(tmpdir(), 'sidetone-bench-'));
const log = { info: () => undefined, warn: () => undefined, error: console.error };
const server = await startEmbedded({ dataFolder, log, durable: false });
try {
  const connection = onDatabase(server.connection, await makeTemplate(server.connection));
  const plan = { recipients, deaths, channels: 120, callsPerSecond: 40 };
  const storm = await runCampaignStorm(connection, plan, (line) => console.log(`  ${line}`));
  const { calls, invites, seconds, stats, seen, wrong, violations } = storm;
  console.log(
    `${recipients} recipients, ${calls} calls, ${invites} INVITEs in ${seconds.toFixed(0)} s: ` +
      `${(invites / seconds).toFixed(1)} set-ups/s, the servers' starts included`,
  );
  console.log(`${storm.kills} servers killed, ${storm.lost} calls lost with them, ${storm.optOuts} opted out by key`);
  for (const [outcome, count] of Object.entries(seen).sort()) {
    console.log(
      `  ${outcome.padEnd(10)} sipp ${String(count).padStart(5)}, campaign ${String(stats[outcome]).padStart(5)}`,
    );
  }
  console.log(`not what sipp saw ${wrong.length}, violations ${violations.length}, memory ${storm.peakMegabytes} MB`);
  for (const line of wrong.slice(0, 20)) console.log(`  ${line}`);
} finally {
  await server.close();
  rmSync(dataFolder, { recursive: true, force: true });
}
