/**
 * Inbound calls set up per second on the real server with a durable PostgreSQL: from a trunk through hours, a menu and its
 * key, and a group, to somebody at a number elsewhere who answers; until the answer is acknowledged. CPU is that of the
 * server's process with its engine. Prints figures, never judges them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setLimit } from '#core/accounts/index.js';
import { addNumber } from '#core/numbers/index.js';
import { changeRouting } from '#core/routing/index.js';
import { addTrunk } from '#core/trunks/index.js';
import { openBenchApp } from './bench-app.js';
import type { InboundFigures, InboundRun } from './inbound-carrier.js';

const HOST = '127.0.0.1';
const OURS = '+18005550199';
const THEIRS = '+18005550188';
const KEY = '2';
/** Calls in progress at the same time. */
const STEPS = [1, 10, 50];
const WIDE = { channels: 1000, callsPerSecond: 1000, sipHost: HOST, actor: 'bench' } as const;

async function bench(): Promise<void> {
  const carrier = fork(fileURLToPath(new URL('./inbound-carrier.js', import.meta.url)));
  const bench = await openBenchApp();
  try {
    const { core, keyRing } = bench.app.platform;
    const [[calling, answering]] = (await once(carrier, 'message')) as [[number, number]];
    const [account] = await bench.accounts(1);
    if (account === undefined) throw new Error('no account');
    const owner = { accountId: account.id, mode: 'live' } as const;
    const limit = { accountId: account.id, name: 'incoming_calls', value: 1000, actor: 'bench' };
    await setLimit({ ...core, keyRing }, limit);
    await addNumber(core, { ...owner, number: OURS, actor: 'bench' });
    // Nothing goes out to where callers are.
    await addTrunk(core, { ...WIDE, name: 'callers', uri: `sip:${HOST}:${calling}`, prefixes: ['+999'] });
    await addTrunk(core, { ...WIDE, name: 'mobiles', uri: `sip:${HOST}:${answering}` });
    await configure(core, owner);
    console.log('in progress   set up/s   failed   until answered: p50      p95   CPU per call');
    const port = Number(/:(\d+)$/.exec(bench.app.urls.sip)?.[1]);
    for (const calls of STEPS) {
      const asked: InboundRun = { port, number: OURS, key: KEY, calls, warmMs: 2000, ms: 5000 };
      carrier.send(asked);
      const before = process.cpuUsage();
      const [figures] = (await once(carrier, 'message')) as [InboundFigures];
      print(calls, figures, process.cpuUsage(before), asked);
    }
  } finally {
    carrier.disconnect();
    await bench.close();
  }
}

async function configure(
  core: Parameters<typeof changeRouting>[0],
  owner: { accountId: string; mode: 'live' },
): Promise<void> {
  const { id } = await core.db.selectFrom('numbers').select('id').where('number', '=', OURS).executeTakeFirstOrThrow();
  await changeRouting(core, { ...owner, author: 'bench', summary: 'bench' }, async (draft) => {
    const mobile = { number: THEIRS, description: '', announce: false, transferCode: null, ringSeconds: 20 };
    const deviceId = await draft.create('forwarding_number', { ...mobile, noAnswer: null });
    const group = await draft.create('ring_group', {
      ...{ name: 'Sales', strategy: 'sequence', retryAfterSeconds: 5, maxHoldSeconds: 60, maxAttempts: 1 },
      ...{ callerId: null, holdMusic: null, destination: { type: 'hangup' } },
      members: [{ deviceId, enabled: true, scheduleId: null, position: 1, ringSeconds: 20 }],
    });
    const menu = await draft.create('menu', {
      ...{ name: 'Main', greeting: null, directDial: false, timeoutSeconds: 10, repeats: 0 },
      ...{ onTimeout: { type: 'hangup' }, onInvalid: { type: 'hangup' } },
      options: [{ digit: KEY, label: 'Sales', destination: { type: 'ring_group', id: group }, enabled: true }],
    });
    draft.put('hours', 0, {
      ...{ timeZone: 'America/New_York', holidays: [], override: null, closed: { type: 'hangup' } },
      ...{ open: { type: 'menu', id: menu } },
      weekly: [{ start: '00:00', end: '24:00', days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] }],
    });
    draft.put('number', id, { description: '', destination: { type: 'hours' }, record: null, welcome: null });
  });
}

function print(calls: number, figures: InboundFigures, cpu: NodeJS.CpuUsage, { warmMs, ms }: InboundRun): void {
  const { setUp, failed, failure, seconds, tookMs } = figures;
  const quantile = (part: number): string => `${(tookMs[Math.floor(tookMs.length * part)] ?? NaN).toFixed(0)} ms`;
  // The CPU is that of the time before the measure too.
  const perCall = ((cpu.user + cpu.system) / 1000) * (ms / (warmMs + ms));
  console.log(
    [
      `${calls}`.padStart(11),
      (setUp / seconds).toFixed(1).padStart(10),
      `${failed}`.padStart(8),
      quantile(0.5).padStart(21),
      quantile(0.95).padStart(8),
      `${(perCall / Math.max(1, setUp)).toFixed(1)} ms`.padStart(14),
    ].join(' '),
  );
  if (failed > 0) console.log(`  the last failure: ${failure}`);
}

await bench();
