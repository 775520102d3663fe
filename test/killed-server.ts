/**
 * The real server as a process for the tests to kill: `fork('killed-server.js')`, settings from the environment as for
 * `sidetone serve`. Tells its parent where it is; told a kill point, it dies by SIGKILL when it comes there. At its first
 * start it adds a trunk to TEST_TRUNK_URI with TEST_TRUNK_CHANNELS. SIGTERM ends it in order.
 */
import { startApp } from '#app.js';
import { readConfig } from '#config.js';
import type { KillPoint } from '#core/core.js';
import { addTrunk } from '#core/trunks/index.js';

/** What the parent is told. */
export interface ServerReady {
  url: string;
  sip: string;
  /** At the first start only. */
  keys?: { live: string; test: string; webhookSecret: string };
}

/** What the parent tells: where to die. */
export interface DieAt {
  dieAt: KillPoint;
}

let dieAt: KillPoint | undefined;
process.on('message', (message: DieAt) => {
  dieAt = message.dieAt;
  process.send?.({ armed: dieAt });
});

const config = readConfig(process.env);
const app = await startApp(config, {
  killPoint: (point) => {
    if (point === dieAt) process.kill(process.pid, 'SIGKILL');
  },
});
const { firstStart, urls, platform } = app;
const uri = process.env['TEST_TRUNK_URI'];
if (firstStart !== undefined && uri !== undefined) {
  await addTrunk(platform.core, {
    name: 'test-trunk',
    uri,
    channels: Number(process.env['TEST_TRUNK_CHANNELS']),
    callsPerSecond: 100,
    sipHost: config.sip.host,
    actor: 'test',
  });
}
const ready: ServerReady = {
  url: urls.http,
  sip: urls.sip,
  ...(firstStart === undefined
    ? {}
    : {
        keys: { live: firstStart.liveKey, test: firstStart.testKey, webhookSecret: firstStart.webhookSecret },
      }),
};
process.send?.(ready);
process.once('SIGTERM', () => {
  void app.close().then(() => process.disconnect());
});
