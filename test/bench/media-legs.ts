/**
 * How many playing legs one media worker carries: legs are added until more than 1 % of the packets are over 10 ms late.
 * Lateness is seen by a process of its own, which measures every 20th leg and says how late it was itself; the packets
 * of the other legs go to a socket that nobody reads. Prints figures, never judges them. At most 40 s.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { AudioClip } from '#voice/engine.js';
import type { Media, MediaEvent } from '#voice/media/media-port.js';
import { startMedia } from '#voice/media/start-media.js';
import { parseRtp } from '#voice/rtp/rtp-packet.js';

const HOST = '127.0.0.1';
const STEPS = [100, 200, 400, 600, 700, 800, 900, 1_000, 1_200, 1_400];
const MEASURED_ONE_IN = 20;
const SETTLE_MS = 700;
const MEASURE_MS = 2_000;
const LONGEST_MS = 36_000;
const LATE_MS = 10;
const LATE_SHARE = 0.01;
/** A blocked process ends by itself, should the bench not live to end it. */
const SINK_LIFE_MS = 60_000;
/** A receiver that is so late itself cannot tell whose lateness it sees; steps go on then. */
const DISTURBED_MS = 3;
const OWN_LAG_EVERY_MS = 5;

interface Measured {
  packets: number;
  late: number;
  lost: number;
  /** How late the receiver's own timer was: 99 of 100 were less late, milliseconds. */
  ownLagMs: number;
}

async function bench(): Promise<void> {
  const beganMs = performance.now();
  const children = [start('receiver'), start('sink')];
  const media = await startMedia({ workers: 1, host: HOST, mediaTimeoutMs: 120_000 });
  try {
    const [receiver, sink] = children as [ChildProcess, ChildProcess];
    const [measuredPort, otherPort] = [await answer<number>(receiver), await answer<number>(sink)];
    const lag = { ms: 0 };
    media.on((event) => {
      if (event.kind === 'load') lag.ms = event.tickLagMs;
    });
    console.log(`playing legs on one media worker; ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`);
    console.log('  legs   late %   lost   tick lag   CPU of a core   CPU per leg   receiver lag');
    const clip = noise(30);
    let carried = 0;
    let legs = 0;
    let cpuPerLeg = 0;
    let within = true;
    let disturbed = false;
    for (const step of STEPS) {
      if (!(within || disturbed) || performance.now() - beganMs + 2 * (SETTLE_MS + MEASURE_MS) > LONGEST_MS) break;
      for (; legs < step; legs++) {
        const port = legs % MEASURED_ONE_IN === 0 ? measuredPort : otherPort;
        await addLeg(media, `leg-${legs}`, port, clip);
      }
      let run = await measure(receiver);
      // Another program on the machine may have had the core: a step fails only twice in a row.
      if (run.late > LATE_SHARE) run = await measure(receiver);
      const { late, core, measured } = run;
      within = late <= LATE_SHARE;
      if (within) carried = legs;
      // Only where packets keep their time: late workers skip packets, and that is cheap.
      if (within || cpuPerLeg === 0) cpuPerLeg = core / legs;
      const isDisturbed = !within && measured.ownLagMs > DISTURBED_MS;
      disturbed ||= isDisturbed;
      console.log(
        [
          `${legs}`.padStart(6),
          (late * 100).toFixed(2).padStart(8),
          `${measured.lost}`.padStart(6),
          `${lag.ms.toFixed(1)} ms`.padStart(10),
          `${(core * 100).toFixed(0)} %`.padStart(15),
          `${((core / legs) * 100).toFixed(3)} %`.padStart(13),
          `${measured.ownLagMs.toFixed(1)} ms${isDisturbed ? ' (too late itself to judge)' : ''}`.padStart(14),
        ].join(' '),
      );
    }
    console.log(
      `legs per core: ${carried}${within ? ' or more' : ''} with at most 1 % of packets over 10 ms late ` +
        `(prototype: 800-1,000); CPU per leg ${(cpuPerLeg * 100).toFixed(3)} % of a core, ` +
        `enough for ${Math.floor(1 / cpuPerLeg)} legs if nothing else ran`,
    );
    if (disturbed) console.log('other programs kept the receiver itself from the core: run it on a quiet machine');
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await media.close();
  }
}

async function measure(receiver: ChildProcess): Promise<{ late: number; core: number; measured: Measured }> {
  await passed(SETTLE_MS);
  receiver.send('begin');
  const cpuBefore = process.cpuUsage();
  const fromMs = performance.now();
  await passed(MEASURE_MS);
  const cpu = process.cpuUsage(cpuBefore);
  const core = (cpu.user + cpu.system) / 1_000 / (performance.now() - fromMs);
  receiver.send('report');
  const measured = await answer<Measured>(receiver);
  return { late: measured.late / Math.max(1, measured.packets), core, measured };
}

async function addLeg(media: Media, leg: string, remotePort: number, clip: AudioClip): Promise<void> {
  const opened = new Promise<void>((resolve, reject) => {
    const off = media.on((event: MediaEvent) => {
      if (!('leg' in event) || event.leg !== leg) return;
      off();
      if (event.kind === 'opened') resolve();
      else reject(new Error(`${leg} did not open: ${'error' in event ? event.error : event.kind}`));
    });
  });
  media.send({ kind: 'open', leg });
  await opened;
  media.send({
    kind: 'connect',
    leg,
    session: { remoteAddress: HOST, remotePort, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' },
  });
  media.send({ kind: 'play', leg, job: 'play', clips: [clip, clip] });
}

function noise(seconds: number): AudioClip {
  const pcm = new Int16Array(new SharedArrayBuffer(seconds * 8_000 * 2));
  for (let i = 0; i < pcm.length; i++) pcm[i] = ((i * 7_919) % 16_384) - 8_192;
  return { pcm };
}

function start(role: string): ChildProcess {
  return fork(fileURLToPath(import.meta.url), [role]);
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Measures when packets of each leg come, beside the earliest of that leg. */
function receive(): void {
  /** By source port: how far behind its timestamps each packet came, its first timestamp, and the sequence numbers' ends. */
  const legs = new Map<number, { behindMs: number[]; began: number; first: number; last: number }>();
  let lags: number[] = [];
  let dueMs = performance.now() + OWN_LAG_EVERY_MS;
  setInterval(() => {
    const nowMs = performance.now();
    lags.push(Math.max(0, nowMs - dueMs));
    dueMs = nowMs + OWN_LAG_EVERY_MS;
  }, OWN_LAG_EVERY_MS);
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.on('message', (datagram, from) => {
    const packet = parseRtp(datagram);
    if (!packet) return;
    let leg = legs.get(from.port);
    if (!leg) legs.set(from.port, (leg = { behindMs: [], began: packet.timestamp, first: packet.sequence, last: 0 }));
    leg.behindMs.push(performance.now() - ((packet.timestamp - leg.began) | 0) / 8);
    leg.last = packet.sequence;
  });
  socket.bind(0, HOST, () => process.send!(socket.address().port));
  process.on('message', (message) => {
    if (message === 'report') process.send!(measured());
    legs.clear();
    lags = [];
  });
  process.on('disconnect', () => process.exit());

  function measured(): Measured {
    const result = { packets: 0, late: 0, lost: 0, ownLagMs: 0 };
    for (const { behindMs, first, last } of legs.values()) {
      const earliest = Math.min(...behindMs);
      result.packets += behindMs.length;
      result.late += behindMs.filter((ms) => ms - earliest > LATE_MS).length;
      result.lost += ((last - first) & 0xffff) + 1 - behindMs.length;
    }
    lags.sort((a, b) => a - b);
    result.ownLagMs = lags[Math.floor(lags.length * 0.99)] ?? 0;
    return result;
  }
}

/** Binds a port and never reads from it: the kernel drops what does not fit. */
function sink(): void {
  const socket = createSocket('udp4');
  socket.bind(0, HOST, () => {
    process.send!(socket.address().port, () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SINK_LIFE_MS);
      process.exit();
    });
  });
}

switch (process.argv[2]) {
  case 'receiver':
    receive();
    break;
  case 'sink':
    sink();
    break;
  default:
    await bench();
}
