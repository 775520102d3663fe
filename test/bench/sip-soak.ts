/**
 * What is left of 50,000 calls: signalling and media in one thread, so that its heap can be seen, dial a phone in another
 * process. Every tenth call is given up while it rings. Heap, timers and open files are counted after a collection and
 * after the last transaction has ended. Prints figures, never judges them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '#clock.js';
import { MediaEngine } from '#voice/media/media-engine.js';
import { monotonicClock } from '#voice/media/monotonic-clock.js';
import { openUdpSocket } from '#voice/rtp/udp-socket.js';
import { Dns } from '#voice/sip/dns.js';
import { resolveUri } from '#voice/sip/resolve.js';
import { SipEngine } from '#voice/sip/sip-engine.js';
import { Transports } from '#voice/sip/transports.js';
import { passed } from './bench-app.js';

const HOST = '127.0.0.1';
const CALLS = 50_000;
const MOST_IN_PROGRESS = 100;
/** Before the first count, so that what is made once is there. */
const WARM_CALLS = 1_000;
const WAITS = { t1: 100, t2: 400 };
/** Timer D, for which a refused INVITE is remembered, is 32 s whatever T1 is (RFC 3261 section 17.1.1.2). */
const TRANSACTIONS_END_MS = 34_000;
const LONGEST_MS = 130_000;
const CLIP = { pcm: new Int16Array(160) };
const MB = 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const phone = fork(fileURLToPath(new URL('./answering-phone.js', import.meta.url)));
const [port] = (await once(phone, 'message')) as [number];
const transport = await Transports.open({ host: HOST, port: 0, clock: systemClock });
const media = new MediaEngine({ clock: monotonicClock, openSocket: openUdpSocket, host: HOST });
const engine = new SipEngine({
  ...{
    transport,
    media,
    clock: systemClock,
    resolve: (uri) => resolveUri(uri, { dns: new Dns(systemClock) }),
    waits: WAITS,
  },
  maxTickLagMs: 10_000,
});
let dialed = 0;
let ended = 0;
let wanted = 0;
const ends = new Map<string, number>();
const refill = (): void => {
  for (; dialed < wanted && dialed - ended < MOST_IN_PROGRESS; dialed += 1) {
    const to = { kind: 'uri', uri: `sip:callee@${HOST}:${port}` } as const;
    const leg = `leg-${dialed}`;
    engine.send({ kind: 'dial', leg, to, from: { number: '+15005550100' }, ringTimeoutMs: 10_000 });
  }
};
engine.on((event) => {
  if (event.kind === 'leg.proceeding' && event.leg.endsWith('4')) engine.send({ kind: 'hangup', leg: event.leg });
  else if (event.kind === 'leg.answered') engine.send({ kind: 'play', leg: event.leg, job: 'play', clips: [CLIP] });
  else if (event.kind === 'job.done') engine.send({ kind: 'hangup', leg: event.leg });
  else if (event.kind === 'leg.ended') {
    ended += 1;
    ends.set(event.cause, (ends.get(event.cause) ?? 0) + 1);
    refill();
  }
});

try {
  const startMs = performance.now();
  await callUntil(WARM_CALLS, startMs);
  const before = count();
  print(`after ${ended} calls`, before);
  await callUntil(CALLS + WARM_CALLS, startMs);
  const after = count();
  print(`after ${ended} calls`, after);
  console.log(
    `kept per call: ${((after.heapBytes - before.heapBytes) / Math.max(1, ended - WARM_CALLS)).toFixed(1)} bytes of heap; ` +
      `ends: ${[...ends].map(([cause, times]) => `${cause} ${times}`).join(', ')}`,
  );
} finally {
  phone.disconnect();
  await engine.close();
}

async function callUntil(calls: number, startMs: number): Promise<void> {
  wanted = calls;
  refill();
  while (ended < calls && performance.now() - startMs < LONGEST_MS) await passed(100);
  wanted = ended;
  await passed(TRANSACTIONS_END_MS);
}

interface Count {
  heapBytes: number;
  residentBytes: number;
  files: number;
  timers: number;
}

function count(): Count {
  collect();
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
  return { heapBytes: heapUsed, residentBytes: rss, files: openFiles(), timers };
}

/** Undefined as -1 where the system has no /proc. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return -1;
  }
}

function print(when: string, { heapBytes, residentBytes, files, timers }: Count): void {
  const [heap, resident] = [heapBytes, residentBytes].map((bytes) => (bytes / MB).toFixed(1));
  console.log(`${when}: ${heap} MB of heap, ${resident} MB resident, ${files} open files, ${timers} timers`);
}
