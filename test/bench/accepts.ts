/**
 * Durable `POST /api/v1/calls` per second, over loopback HTTP from another process, beside the same route without the
 * write: same process, same door, same checks of the request, but no database. Calls are for tomorrow, so that nothing
 * but accepting them happens. Prints figures, never judges them.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { buildServer, type HttpServer } from '#apis/http/index.js';
import { outreachDoor } from '#apis/outreach/index.js';
import { newCall } from '#core/calls/place-call.js';
import type { Core } from '#core/core.js';
import { openBenchApp, type BenchApp } from './bench-app.js';
import type { Driven, DriveOrder } from './post-driver.js';

const CONNECTIONS = [1, 32, 256];
const MEASURE_MS = 4_000;
const WARM_MS = 1_500;
/** So that no account reaches its limit of requests. */
const ACCOUNTS = 16;
const SYNCS = 200;

const bench = await openBenchApp();
const driver = fork(fileURLToPath(new URL('./post-driver.js', import.meta.url)));
let without: HttpServer | undefined;
try {
  const keys = (await bench.accounts(ACCOUNTS)).map(({ testKey }) => testKey);
  without = await serveWithoutWrite(bench);
  const ports = {
    durable: Number(new URL(bench.app.urls.http).port),
    without: (await without.listen()).port,
  };
  const body = JSON.stringify({
    to: '+12125550100',
    from: '+15005550100',
    message: 'Hi {FIRST_NAME}, this is {COMPANY} confirming your delivery. Press 1 to confirm or 9 to opt out.',
    variables: { FIRST_NAME: 'Sarah', COMPANY: 'Acme' },
    voice: 'en-US-Standard-F',
    dtmf: { '1': { action: 'webhook', url: 'http://127.0.0.1:9/confirm' }, '9': { action: 'optout' } },
    webhook_url: 'http://127.0.0.1:9/status',
    schedule_at: new Date(Date.now() + 24 * 3_600_000).toISOString(),
  });
  const run = (port: number, connections: number, forMs: number): Promise<Driven> =>
    drive(driver, { port, keys, connections, forMs, path: '/api/v1/calls', body });

  console.log(`one fdatasync of 8 kB on this disk: ${syncMs(bench).toFixed(2)} ms`);
  for (const port of [ports.without, ports.durable]) await run(port, 32, WARM_MS);
  console.log('connections   durable/s   without write/s   ratio   durable p50   durable p99   server CPU per call');
  for (const connections of CONNECTIONS) {
    const bare = await run(ports.without, connections, MEASURE_MS);
    const cpuBefore = process.cpuUsage();
    const durable = await run(ports.durable, connections, MEASURE_MS);
    const cpu = process.cpuUsage(cpuBefore);
    const rate = durable.replies / durable.seconds;
    const bareRate = bare.replies / bare.seconds;
    console.log(
      [
        `${connections}`.padStart(11),
        rate.toFixed(0).padStart(11),
        bareRate.toFixed(0).padStart(17),
        (rate / bareRate).toFixed(2).padStart(7),
        `${durable.p50Ms.toFixed(1)} ms`.padStart(13),
        `${durable.p99Ms.toFixed(1)} ms`.padStart(13),
        `${((cpu.user + cpu.system) / 1000 / Math.max(1, durable.replies)).toFixed(2)} ms`.padStart(21),
      ].join(' '),
    );
    for (const { refused, refusal } of [bare, durable]) {
      if (refused > 0) console.log(`  ${refused} were not accepted: ${refusal}`);
    }
  }
  console.log(
    'aim: at least 0.5. With one connection nothing can share a commit: each request waits for its own, and for the ' +
      'way to PostgreSQL and back. The client and PostgreSQL use the same cores as the server.',
  );
} finally {
  driver.disconnect();
  await without?.close();
  await bench.close();
}

/** The same server, but what it accepts goes nowhere. */
async function serveWithoutWrite({ app, config }: BenchApp): Promise<HttpServer> {
  const { core, keyRing } = app.platform;
  const forgetful: Core = {
    ...core,
    intake: {
      accept: async (input) => {
        const { id, status, to_number, created_at } = newCall(core, input);
        return { id, status, to: to_number, createdAt: created_at };
      },
    },
  };
  const parts = { doors: [outreachDoor], ready: {}, metrics: new Registry(), version: '0.0.0' };
  return buildServer({ ...parts, core: forgetful, keyRing, config: config.http });
}

async function drive(driver: ChildProcess, order: DriveOrder): Promise<Driven> {
  driver.send(order);
  const [driven] = (await once(driver, 'message')) as [Driven];
  return driven;
}

/** How long the disk under the database takes to keep 8 kB, milliseconds. */
function syncMs({ config }: BenchApp): number {
  const file = join(config.dataFolder, 'sync-bench');
  const descriptor = openSync(file, 'w');
  const block = Buffer.alloc(8192, 1);
  const beganMs = performance.now();
  for (let count = 0; count < SYNCS; count++) {
    writeSync(descriptor, block);
    fdatasyncSync(descriptor);
  }
  const ms = (performance.now() - beganMs) / SYNCS;
  closeSync(descriptor);
  rmSync(file);
  return ms;
}
