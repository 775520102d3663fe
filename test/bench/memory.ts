/**
 * The memory of the server's process before and after 10,000 calls on the simulated network, half of them busy, half
 * answered by somebody who presses a key; after a collection, so that what grows is what is kept. In real time, so the
 * calls per second are printed too. Prints figures, never judges them.
 */
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Core } from '#core/core.js';
import { checkCalls } from '#core/calls/index.js';
import { openBenchApp, passed } from './bench-app.js';

const CALLS = 10_000;
/** Placed and not ended yet. */
const MOST_IN_PROGRESS = 1_000;
const LONGEST_MS = 55_000;
const LOOK_MS = 250;
const MB = 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const bench = await openBenchApp();
try {
  const { core, conductor } = bench.app.platform;
  const [account] = await bench.accounts(1);
  await passed(2_000);
  const before = memory();
  print('idle', before);
  const beganMs = performance.now();
  const cpuBefore = process.cpuUsage();
  let placed = 0;
  let ended = 0;
  while (ended < CALLS && performance.now() - beganMs < LONGEST_MS) {
    const room = Math.min(CALLS - placed, MOST_IN_PROGRESS - (placed - ended));
    await Promise.all(Array.from({ length: room }, (_, index) => place(core, account!.id, placed + index)));
    placed += room;
    await passed(LOOK_MS);
    ended = await endedCalls(core);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  await passed(1_000);
  const after = memory();
  print(`after ${ended} calls`, after);
  console.log(
    `kept per call: ${((after.heapUsed - before.heapUsed) / Math.max(1, ended)).toFixed(0)} bytes of heap; ` +
      `${(ended / seconds).toFixed(0)} calls ended per second, ` +
      `${((cpu.user + cpu.system) / 1000 / Math.max(1, ended)).toFixed(1)} ms of CPU each; ` +
      `${conductor.active} still in progress; violations ${(await checkCalls(core, new Date(0))).length}`,
  );
} finally {
  await bench.close();
}

async function place(core: Core, accountId: string, index: number): Promise<void> {
  await core.intake.accept({
    ...{ accountId, mode: 'test', dialect: 'outreach', from: '+15005550100', message: 'Hello there. Press 1.' },
    to: index % 2 === 0 ? '+15005550020' : '+15005550001',
    keys: { '1': { action: 'hangup' } },
  });
}

async function endedCalls(core: Core): Promise<number> {
  const { n } = await core.db
    .selectFrom('calls')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('ended_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(n);
}

function memory(): NodeJS.MemoryUsage {
  collect();
  collect();
  return process.memoryUsage();
}

function print(when: string, { rss, heapUsed, external }: NodeJS.MemoryUsage): void {
  const [all, heap, outside] = [rss, heapUsed, external].map((bytes) => (bytes / MB).toFixed(0));
  console.log(`${when}: ${all} MB resident, ${heap} MB of it heap in use, ${outside} MB buffers`);
}
