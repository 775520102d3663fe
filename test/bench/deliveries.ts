/**
 * Webhook deliveries per second: deliveries that wait in the database are signed, posted over loopback HTTP to receivers
 * in another process, and each attempt is written down. One endpoint has at most eight requests at a time, so it is
 * measured with one endpoint and with many. Prints figures, never judges them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { DIALECT } from '#apis/outreach/index.js';
import type { Core } from '#core/core.js';
import { publishEvent } from '#core/webhooks/index.js';
import { openBenchApp, passed } from './bench-app.js';

const RUNS = [
  { endpoints: 1, deliveries: 800 },
  { endpoints: 16, deliveries: 3_000 },
];
const ENDPOINTS = Math.max(...RUNS.map(({ endpoints }) => endpoints));
const LONGEST_MS = 20_000;
const LOOK_MS = 50;

async function bench(): Promise<void> {
  const receiver = fork(fileURLToPath(import.meta.url), ['receiver']);
  const [ports] = (await once(receiver, 'message')) as [number[]];
  const opened = await openBenchApp();
  try {
    const { core } = opened.app.platform;
    const [account] = await opened.accounts(1);
    console.log('endpoints   deliveries/s   CPU per delivery');
    for (const { endpoints, deliveries } of RUNS) {
      await enqueue(core, account!.id, ports.slice(0, endpoints), deliveries);
      const cpuBefore = process.cpuUsage();
      const beganMs = performance.now();
      core.wake.deliveries();
      let left = deliveries;
      while (left > 0 && performance.now() - beganMs < LONGEST_MS) {
        await passed(LOOK_MS);
        left = await waiting(core);
      }
      const seconds = (performance.now() - beganMs) / 1000;
      const cpu = process.cpuUsage(cpuBefore);
      const done = deliveries - left;
      console.log(
        [
          `${endpoints}`.padStart(9),
          (done / seconds).toFixed(0).padStart(14),
          `${((cpu.user + cpu.system) / 1000 / Math.max(1, done)).toFixed(2)} ms`.padStart(18),
        ].join(' '),
      );
    }
  } finally {
    receiver.disconnect();
    await opened.close();
  }
}

/** In one transaction: nothing is due before all are. */
async function enqueue(core: Core, accountId: string, ports: number[], count: number): Promise<void> {
  await core.db.transaction().execute(async (tx) => {
    for (let index = 0; index < count; index++) {
      const at = new Date(core.clock.now());
      const data = {
        ...{ to: '+12125550100', from: '+15005550100', status: 'completed', durationSeconds: 23, digits: '1' },
        ...{ actedDigit: '1', answeredBy: 'unknown', reason: null, sipCode: 200, attempts: 1, metadata: null },
      };
      const subject = `cal_${index}`;
      const port = ports[index % ports.length];
      const target = { url: `http://127.0.0.1:${port}/status`, dialect: DIALECT };
      await publishEvent(tx, { accountId, mode: 'test', type: 'call.completed', subject, data, at }, [target]);
    }
  });
}

async function waiting(core: Core): Promise<number> {
  const { n } = await core.db
    .selectFrom('deliveries')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('status', '=', 'pending')
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Somebody's web applications, each an origin of its own. */
async function receive(): Promise<void> {
  const ports: number[] = [];
  for (let count = 0; count < ENDPOINTS; count++) {
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => response.end('ok'));
    });
    server.keepAliveTimeout = 60_000;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  process.send?.(ports);
  process.on('disconnect', () => process.exit());
}

if (process.argv[2] === 'receiver') await receive();
else await bench();
