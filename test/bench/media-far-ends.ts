/**
 * Far ends for the media benches, in processes of their own: one speaks to and measures the packets of some legs and says
 * how late it was itself, one speaks to the others, whose packets go to a socket that nobody reads.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { AudioClip } from '#voice/engine.js';
import type { Media, MediaEvent } from '#voice/media/media-port.js';
import { parseRtp, RTP_HEADER_BYTES, writeRtpHeader } from '#voice/rtp/rtp-packet.js';

export const HOST = '127.0.0.1';
export const LATE_MS = 10;
/** Of the legs of a bench. */
export const MEASURED_ONE_IN = 20;
/** A receiver that is so late itself cannot tell whose lateness it sees. */
export const DISTURBED_MS = 3;
/** A blocked process ends by itself, should the bench not live to end it. */
const SINK_LIFE_MS = 170_000;
const OWN_LAG_EVERY_MS = 5;
const SPEAK_EVERY_MS = 5;
/** Legs are spoken to in turns, a packet to each in 20 ms. */
const SPEAK_TURNS = 4;
const SAMPLES = 160;

/** Lateness of a packet: beside the earliest of its leg, measured by its timestamp. Milliseconds. */
export interface Measured {
  packets: number;
  late: number;
  lost: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  /** How late the receiver's own timer was: 99 of 100 were less late. */
  ownLagMs: number;
}

/** What a speaker is told. */
interface Speak {
  ports: number[];
  /** An octet of sound all through, or noise. */
  sound: 'silence' | 'noise';
}

export interface FarEnds {
  /** Where the leg with this number sends. */
  portOf(index: number): number;
  /** Speaks from now on to these RTP ports of ours, those of measured legs apart. */
  speakTo(measured: number[], others: number[], sound?: Speak['sound']): void;
  /** Of so long from now on, and the share of a core that this process took meanwhile. */
  measure(ms: number): Promise<{ measured: Measured; core: number }>;
  close(): void;
}

export async function openFarEnds(): Promise<FarEnds> {
  const receiver = start('receiver');
  const measuredPort = await answer<number>(receiver);
  const speaker = start('speaker');
  const otherPort = await answer<number>(speaker);
  // Bound last to the same port, it gets what is sent there: nobody reads it.
  const sink = start('sink', `${otherPort}`);
  await answer(sink);
  return {
    portOf: (index) => (index % MEASURED_ONE_IN === 0 ? measuredPort : otherPort),
    speakTo(measured, others, sound = 'noise') {
      receiver.send({ ports: measured, sound } satisfies Speak);
      speaker.send({ ports: others, sound } satisfies Speak);
    },
    async measure(ms) {
      receiver.send('begin');
      const cpuBefore = process.cpuUsage();
      const fromMs = performance.now();
      await passed(ms);
      const cpu = process.cpuUsage(cpuBefore);
      const core = (cpu.user + cpu.system) / 1_000 / (performance.now() - fromMs);
      receiver.send('report');
      return { measured: await answer<Measured>(receiver), core };
    },
    close() {
      for (const child of [receiver, speaker, sink]) child.kill('SIGKILL');
    },
  };
}

/** Opens and connects a leg; resolves to its RTP port. */
export async function addLeg(media: Media, leg: string, remotePort: number, beside?: string): Promise<number> {
  const opened = new Promise<number>((resolve, reject) => {
    const off = media.on((event: MediaEvent) => {
      if (!('leg' in event) || event.leg !== leg) return;
      off();
      if (event.kind === 'opened') resolve(event.port);
      else reject(new Error(`${leg} did not open: ${'error' in event ? event.error : event.kind}`));
    });
  });
  media.send({ kind: 'open', leg, ...(beside !== undefined && { beside }) });
  const port = await opened;
  media.send({
    kind: 'connect',
    leg,
    session: {
      ...{ remoteAddress: HOST, remotePort, codec: 'PCMU', payloadType: 0, dtmfPayloadType: 101 },
      direction: 'sendrecv',
    },
  });
  return port;
}

export function noise(seconds: number): AudioClip {
  const pcm = new Int16Array(new SharedArrayBuffer(seconds * 8_000 * 2));
  for (let i = 0; i < pcm.length; i++) pcm[i] = ((i * 7_919) % 16_384) - 8_192;
  return { pcm };
}

export const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const HEADING =
  '  legs   late %     p50      p99    p99.9   lost   tick lag   CPU of a core   CPU per leg   receiver lag';

export function row(legs: number, measured: Measured, core: number, lagMs: number): string {
  const { packets, late, lost, p50Ms, p99Ms, p999Ms, ownLagMs } = measured;
  return [
    `${legs}`.padStart(6),
    ((late * 100) / Math.max(1, packets)).toFixed(2).padStart(8),
    ...[p50Ms, p99Ms, p999Ms].map((ms) => `${ms.toFixed(1)} ms`.padStart(8)),
    `${lost}`.padStart(6),
    `${lagMs.toFixed(1)} ms`.padStart(10),
    `${(core * 100).toFixed(0)} %`.padStart(15),
    `${((core / legs) * 100).toFixed(3)} %`.padStart(13),
    `${ownLagMs.toFixed(1)} ms${ownLagMs > DISTURBED_MS ? ' (too late itself to judge)' : ''}`.padStart(14),
  ].join(' ');
}

function start(...role: string[]): ChildProcess {
  return fork(fileURLToPath(import.meta.url), role);
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

/** Speaks to the ports that it is told, from its socket. */
function speakFrom(socket: Socket): (speak: Speak) => void {
  let ports: number[] = [];
  let payload = new Uint8Array(SAMPLES).fill(0xff);
  let sent = 0;
  let turn = 0;
  setInterval(() => {
    if (turn === 0) sent++;
    for (let i = turn; i < ports.length; i += SPEAK_TURNS) {
      const packet = new Uint8Array(RTP_HEADER_BYTES + SAMPLES);
      writeRtpHeader(packet, 0, sent === 1, sent & 0xffff, sent * SAMPLES, i + 1);
      packet.set(payload, RTP_HEADER_BYTES);
      socket.send(packet, ports[i], HOST);
    }
    turn = (turn + 1) % SPEAK_TURNS;
  }, SPEAK_EVERY_MS);
  return (speak) => {
    ({ ports } = speak);
    payload = Uint8Array.from({ length: SAMPLES }, (_, i) => (speak.sound === 'noise' ? (i * 89) & 0xff : 0xff));
  };
}

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
  const socket = openSocket();
  const speak = speakFrom(socket);
  socket.on('message', (datagram, from) => {
    const packet = parseRtp(datagram);
    if (!packet) return;
    let leg = legs.get(from.port);
    if (!leg) legs.set(from.port, (leg = { behindMs: [], began: packet.timestamp, first: packet.sequence, last: 0 }));
    leg.behindMs.push(performance.now() - ((packet.timestamp - leg.began) | 0) / 8);
    leg.last = packet.sequence;
  });
  socket.bind(0, HOST, () => process.send!(socket.address().port));
  process.on('message', (message: 'begin' | 'report' | Speak) => {
    if (typeof message === 'object') return speak(message);
    if (message === 'report') process.send!(measured());
    legs.clear();
    lags = [];
  });
  process.on('disconnect', () => process.exit());

  function measured(): Measured {
    const lateness: number[] = [];
    let lost = 0;
    for (const { behindMs, first, last } of legs.values()) {
      const earliest = Math.min(...behindMs);
      for (const ms of behindMs) lateness.push(ms - earliest);
      lost += ((last - first) & 0xffff) + 1 - behindMs.length;
    }
    lateness.sort((a, b) => a - b);
    lags.sort((a, b) => a - b);
    const at = (sorted: number[], share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
    return {
      packets: lateness.length,
      late: lateness.filter((ms) => ms > LATE_MS).length,
      lost,
      p50Ms: at(lateness, 0.5),
      p99Ms: at(lateness, 0.99),
      p999Ms: at(lateness, 0.999),
      ownLagMs: at(lags, 0.99),
    };
  }
}

function speakOnly(): void {
  const socket = openSocket();
  const speak = speakFrom(socket);
  process.on('message', speak);
  process.on('disconnect', () => process.exit());
  socket.bind(0, HOST, () => process.send!(socket.address().port));
}

function openSocket(): Socket {
  return createSocket({ type: 'udp4', reuseAddr: true, recvBufferSize: 4 * 1024 * 1024 });
}

/** Binds the port and never reads from it: the kernel drops what does not fit. */
function sink(port: number): void {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(port, HOST, () => {
    process.send!(port, () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SINK_LIFE_MS);
      process.exit();
    });
  });
}

switch (process.argv[1] === fileURLToPath(import.meta.url) ? process.argv[2] : undefined) {
  case 'receiver':
    receive();
    break;
  case 'speaker':
    speakOnly();
    break;
  case 'sink':
    sink(Number(process.argv[3]));
    break;
  default:
    break;
}
