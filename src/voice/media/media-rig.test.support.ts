/** For tests: a clock that is held, a network in memory, and an engine on both. */
import type { Clock } from '#clock.js';
import { MediaEngine } from '#voice/media/media-engine.js';
import type { MediaEvent, MediaSession } from '#voice/media/media-port.js';
import { parseRtp, writeRtpHeader, type RtpPacket } from '#voice/rtp/rtp-packet.js';
export { seededRandom } from '#voice/fuzz/random.fixture.js';
import type { PortRange } from '#voice/rtp/port-pairs.js';
import type { DatagramListener, OpenUdpSocket, UdpSocket } from '#voice/rtp/udp-socket.js';

export class HeldClock implements Clock {
  #nowMs: number;
  #timers: { atMs: number; run: () => void }[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): { cancel: () => void } {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), run };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      this.#timers = this.#timers.filter((other) => other !== due);
      due.run();
    }
    this.#nowMs = untilMs;
  }

  /** Time passes in which the process does nothing: what was due runs late, all of it now. */
  stall(ms: number): void {
    this.#nowMs += ms;
    this.advance(0);
  }
}

export interface Datagram {
  packet: Uint8Array;
  atMs: number;
}

/** Ports of one host; datagrams arrive in the call that sends them. */
export class MemoryNetwork {
  readonly host = '127.0.0.1';
  readonly #clock: Clock;
  readonly #bound = new Map<number, DatagramListener>();
  #nextPort = 20_000;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly openSocket: OpenUdpSocket = async (_host, wanted, listener) => {
    const port = wanted || this.#freePort();
    if (this.#bound.has(port)) throw Object.assign(new Error(`port ${port} is taken`), { code: 'EADDRINUSE' });
    this.#bound.set(port, listener);
    return this.#socket(port);
  };

  #freePort(): number {
    while (this.#bound.has(this.#nextPort)) this.#nextPort++;
    return this.#nextPort++;
  }

  get openPorts(): number[] {
    return [...this.#bound.keys()].sort((a, b) => a - b);
  }

  /** A far end: keeps copies of what it gets. */
  peer(port: number, address = this.host): { socket: UdpSocket; got: Datagram[]; rtp: () => RtpPacket[] } {
    const got: Datagram[] = [];
    this.#bound.set(port, (packet) => got.push({ packet: Uint8Array.from(packet), atMs: this.#clock.now() }));
    const rtp = (): RtpPacket[] => got.map(({ packet }) => parseRtp(packet)).filter((packet) => packet !== undefined);
    return { socket: this.#socket(port, address), got, rtp };
  }

  #socket(port: number, from = this.host): UdpSocket {
    return {
      port,
      send: (packet, to) => this.#bound.get(to)?.(packet, port, from),
      close: async () => void this.#bound.delete(port),
    };
  }
}

export function rtpPacket(fields: Partial<RtpPacket>): Uint8Array {
  const { payloadType = 0, marker = false, sequence = 0, timestamp = 0, ssrc = 1 } = fields;
  const payload = fields.payload ?? new Uint8Array(160).fill(0xff);
  const packet = new Uint8Array(12 + payload.length);
  writeRtpHeader(packet, payloadType, marker, sequence, timestamp, ssrc);
  packet.set(payload, 12);
  return packet;
}

export const PEER_PORT = 30_000;

export const SESSION: MediaSession = {
  remoteAddress: '127.0.0.1',
  remotePort: PEER_PORT,
  codec: 'PCMU',
  payloadType: 0,
  dtmfPayloadType: 101,
  direction: 'sendrecv',
};

export interface MediaRig {
  clock: HeldClock;
  network: MemoryNetwork;
  engine: MediaEngine;
  events: MediaEvent[];
  /** Events of one kind, in their order. */
  of: <K extends MediaEvent['kind']>(kind: K) => Extract<MediaEvent, { kind: K }>[];
  /** Opens a leg and returns its RTP port. */
  open: (leg: string) => Promise<number>;
}

/** `beside`: on the clock and the network of another rig. */
export function mediaRig(options: { ports?: PortRange; mediaTimeoutMs?: number } = {}, beside?: MediaRig): MediaRig {
  const clock = beside?.clock ?? new HeldClock();
  const network = beside?.network ?? new MemoryNetwork(clock);
  let random = 0xffff_f000;
  const engine = new MediaEngine({
    clock,
    openSocket: network.openSocket,
    host: network.host,
    random32: () => (random += 7) >>> 0,
    ...options,
  });
  const events: MediaEvent[] = [];
  engine.on((event) => events.push(event));
  const of: MediaRig['of'] = (kind) => events.filter((event): event is never => event.kind === kind);
  const open = async (leg: string): Promise<number> => {
    engine.send({ kind: 'open', leg });
    await settled();
    const opened = of('opened').find((event) => event.leg === leg);
    if (!opened) throw new Error(`${leg} did not open: ${JSON.stringify(events)}`);
    return opened.port;
  };
  return { clock, network, engine, events, of, open };
}

/** Lets promises that are settled already run on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}
