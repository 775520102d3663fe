/**
 * The real server as a process for the tests to kill: `fork('killed-server.js')`, settings from the environment as for
 * `sidetone serve`. Tells its parent where it is; told a kill point, it dies by SIGKILL when it comes there. At its first
 * start it adds a trunk to TEST_TRUNK_URI with TEST_TRUNK_CHANNELS and TEST_TRUNK_PACE, and a carrier of texts at TEST_CARRIER_PORT with
 * TEST_CARRIER_WINDOW, and one that speaks like Twilio at TEST_SERVICE_URL. SIGTERM ends it in order.
 */
import { startApp } from '#app.js';
import { readConfig } from '#config.js';
import { addCarrier } from '#core/carriers/index.js';
import type { KillPoint } from '#core/core.js';
import { addTrunk } from '#core/trunks/index.js';

/** What the parent is told. */
export interface ServerReady {
  url: string;
  sip: string;
  /** At the first start only. */
  keys?: { live: string; test: string; webhookSecret: string };
  /** The carrier at TEST_SERVICE_URL. */
  carrier?: string;
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
let serviceCarrier: string | undefined;
const uri = process.env['TEST_TRUNK_URI'];
if (firstStart !== undefined && uri !== undefined) {
  await addTrunk(platform.core, {
    name: 'test-trunk',
    uri,
    channels: Number(process.env['TEST_TRUNK_CHANNELS']),
    callsPerSecond: Number(process.env['TEST_TRUNK_PACE'] ?? 100),
    sipHost: config.sip.host,
    actor: 'test',
  });
}
const carrierPort = process.env['TEST_CARRIER_PORT'];
if (firstStart !== undefined && carrierPort !== undefined) {
  await addCarrier(platform.core, {
    name: 'test-carrier',
    kind: 'smpp',
    segmentsPerSecond: 10_000,
    settings: {
      ...{ host: '127.0.0.1', port: Number(carrierPort), systemId: 'sidetone', messageId: 'hex_to_decimal' },
      ...{ window: Number(process.env['TEST_CARRIER_WINDOW']), responseSeconds: 3 },
    },
    secrets: { password: 'secret' },
    actor: 'test',
  });
}
const service = process.env['TEST_SERVICE_URL'];
if (firstStart !== undefined && service !== undefined) {
  const carrier = await addCarrier(platform.core, {
    name: 'test-service',
    kind: 'twilio',
    settings: { accountSid: 'AC1', apiUrl: service },
    secrets: { authToken: 'the auth token' },
    actor: 'test',
  });
  serviceCarrier = carrier.id;
}
const ready: ServerReady = {
  url: urls.http,
  sip: urls.sip,
  ...(serviceCarrier === undefined ? {} : { carrier: serviceCarrier }),
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
