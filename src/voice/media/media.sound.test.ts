/** Real sockets, real workers, real time; judged by RTP sequence numbers and timestamps, never by arrival. */
import { createSocket, type Socket } from 'node:dgram';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '#voice/codecs/g711.js';
import { generateTones, strongestTone, toneLevel } from '#voice/codecs/tones.js';
import type { Media, MediaEvent, MediaSession } from '#voice/media/media-port.js';
import { HeldClock, seededRandom } from '#voice/media/media-rig.test.support.js';
import { REPLACEMENT_DELAY_MS, startMedia, type MediaSetup } from '#voice/media/start-media.js';
import type { PortRange } from '#voice/rtp/port-pairs.js';
import { parseRtp, type RtpPacket } from '#voice/rtp/rtp-packet.js';
import { openUdpSocket } from '#voice/rtp/udp-socket.js';

const HOST = '127.0.0.1';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const session = (remotePort: number, over: Partial<MediaSession> = {}): MediaSession => ({
  remoteAddress: HOST,
  remotePort,
  codec: 'PCMU',
  payloadType: 0,
  dtmfPayloadType: 101,
  direction: 'sendrecv',
  ...over,
});

interface Engine {
  media: Media;
  events: MediaEvent[];
  /** The next event, or one that has come already, that fits. */
  wait: <K extends MediaEvent['kind']>(kind: K, leg: string, job?: string) => Promise<Extract<MediaEvent, { kind: K }>>;
  open: (leg: string) => Promise<number>;
}

async function engine(setup: Partial<MediaSetup> = {}): Promise<Engine> {
  const media = await startMedia({ workers: 1, host: HOST, ...setup });
  closers.push(() => media.close());
  const events: MediaEvent[] = [];
  media.on((event) => events.push(event));
  const wait: Engine['wait'] = (kind, leg, job) =>
    new Promise((resolve) => {
      const fits = (event: MediaEvent): event is never =>
        event.kind === kind &&
        'leg' in event &&
        event.leg === leg &&
        (job === undefined || ('job' in event && event.job === job));
      const come = events.find(fits);
      if (come) return resolve(come);
      const off = media.on((event) => {
        if (!fits(event)) return;
        off();
        resolve(event);
      });
    });
  const open = async (leg: string): Promise<number> => {
    media.send({ kind: 'open', leg });
    const answer = await Promise.race([wait('opened', leg), wait('closed', leg)]);
    return answer.kind === 'opened' ? answer.port : expect.fail(`${leg} did not open: ${answer.error}`);
  };
  return { media, events, wait, open };
}

async function boundSocket(onPacket: (packet: Buffer, port: number) => void): Promise<Socket> {
  const socket = createSocket('udp4');
  closers.push(() => new Promise<void>((done) => socket.close(done)));
  socket.on('message', (packet, from) => onPacket(packet, from.port));
  await new Promise<void>((bound) => socket.bind(0, HOST, bound));
  return socket;
}

/** So many ports in a row that nobody has, below those that systems hand out. */
async function freePorts(count: number): Promise<PortRange> {
  for (let min = 10_000; min < 30_000; min += count) {
    const bound = await Promise.allSettled(
      Array.from({ length: count }, (_, i) => openUdpSocket(HOST, min + i, () => undefined)),
    );
    for (const result of bound) if (result.status === 'fulfilled') await result.value.close();
    if (bound.every(({ status }) => status === 'fulfilled')) return { min, max: min + count - 1 };
  }
  throw new Error('no free ports on this machine');
}

async function receiver(): Promise<{ port: number; packets: RtpPacket[] }> {
  const packets: RtpPacket[] = [];
  const socket = await boundSocket((datagram) => {
    const packet = parseRtp(Uint8Array.from(datagram));
    if (packet) packets.push(packet);
  });
  return { port: socket.address().port, packets };
}

/** Everything in one stream: each sequence number follows, and time only ever skips whole packets. */
function expectExactStream(packets: RtpPacket[]): void {
  for (let i = 1; i < packets.length; i++) {
    const [before, packet] = [packets[i - 1]!, packets[i]!];
    expect((packet.sequence - before.sequence) & 0xffff).toBe(1);
    const step = (packet.timestamp - before.timestamp) >>> 0;
    expect(step % 160).toBe(0);
    expect(step).toBeGreaterThan(0);
    expect(step === 160 || packet.marker).toBe(true);
    expect(packet.ssrc).toBe(before.ssrc);
  }
}

describe('playing to a phone', () => {
  it.each(['PCMU', 'PCMA'] as const)('arrives whole in %s: every sample, in an exact stream', async (codec) => {
    const { media, wait, open } = await engine();
    const phone = await receiver();
    const pcm = generateTones([{ hz: 1_000, dBm0: -10 }], 1_500);
    await open('leg');
    media.send({ kind: 'play', leg: 'leg', job: 'j', clips: [{ pcm }] });
    media.send({
      kind: 'connect',
      leg: 'leg',
      session: session(phone.port, { codec, payloadType: codec === 'PCMU' ? 0 : 8 }),
    });
    const done = await wait('job.done', 'leg', 'j');
    expect(done).toMatchObject({ outcome: 'completed', durationMs: 1_500 });
    media.send({ kind: 'close', leg: 'leg' });
    await wait('closed', 'leg');
    expectExactStream(phone.packets);
    const octets = phone.packets.slice(0, 75).flatMap(({ payload }) => [...payload]);
    expect(octets).toEqual([...encodeG711(pcm, codec)]);
    const heard = strongestTone(decodeG711(Uint8Array.from(octets), codec));
    expect(Math.abs(heard.hz - 1_000)).toBeLessThanOrEqual(10);
    expect(Math.abs(heard.dBm0 - -10)).toBeLessThanOrEqual(1);
  });
});

/**
 * Two legs that talk through a wire which loses packets of the first by a seeded pattern over their sequence numbers.
 */
async function lossyPair(
  lossPercent: number,
  seed: number,
): Promise<Engine & { lost: () => number; fromB: RtpPacket[] }> {
  const world = await engine();
  const random = seededRandom(seed);
  const pattern = Array.from({ length: 1_000 }, () => random() * 100 < lossPercent);
  const fromB: RtpPacket[] = [];
  const passed: number[] = [];
  const [portA, portB] = [await world.open('a'), await world.open('b')];
  let first: number | undefined;
  const wire = await boundSocket((datagram, from) => {
    const packet = parseRtp(Uint8Array.from(datagram));
    if (!packet) return;
    if (from === portB) {
      fromB.push(packet);
      wire.send(datagram, portA, HOST);
      return;
    }
    first ??= packet.sequence;
    const index = (packet.sequence - first) & 0xffff;
    if (pattern[index % pattern.length]) return;
    passed.push(index);
    wire.send(datagram, portB, HOST);
  });
  const toWire = session(wire.address().port);
  world.media.send({ kind: 'connect', leg: 'b', session: toWire });
  world.media.send({ kind: 'connect', leg: 'a', session: toWire });
  const lost = (): number => passed.at(-1)! - passed[0]! + 1 - passed.length;
  return { ...world, lost, fromB };
}

describe.each([
  [0, 1],
  [5, 2],
  [20, 3],
])('with %d %% of the packets lost', (lossPercent, seed) => {
  it('hears the tone in its recording, at its pitch, level and length', async () => {
    const { media, wait, lost, fromB } = await lossyPair(lossPercent, seed);
    const pcm = generateTones([{ hz: 1_000, dBm0: -10 }], 2_000);
    media.send({ kind: 'record', leg: 'b', job: 'rec', side: 'in', maxMs: 60_000 });
    media.send({ kind: 'record', leg: 'b', job: 'silence', side: 'out', maxMs: 300 });
    await wait('job.done', 'b', 'silence');
    media.send({ kind: 'play', leg: 'a', job: 'tone', clips: [{ pcm }] });
    await wait('job.done', 'a', 'tone');
    media.send({ kind: 'record', leg: 'b', job: 'rest', side: 'out', maxMs: 300 });
    await wait('job.done', 'b', 'rest');
    media.send({ kind: 'close', leg: 'b' });
    const { recording, durationMs, outcome } = await wait('job.done', 'b', 'rec');
    const { stats } = await wait('closed', 'b');
    media.send({ kind: 'close', leg: 'a' });
    await wait('closed', 'a');
    expect(outcome).toBe('ended');
    expect(stats.packetsLost).toBe(lost());
    if (lossPercent > 0) expect(stats.packetsLost).toBeGreaterThan(0);
    const sentMs = ((fromB.at(-1)!.timestamp - fromB[0]!.timestamp) >>> 0) / 8 + 20;
    expect(Math.abs(durationMs - sentMs)).toBeLessThanOrEqual(40);

    const frames = Array.from({ length: Math.floor(durationMs / 20) }, (_, i) =>
      recording!.pcm.subarray(i * 160, i * 160 + 160),
    );
    const loud = frames.map((frame) => toneLevel(frame, 1_000) > -20);
    const [start, end] = [loud.indexOf(true), loud.lastIndexOf(true) + 1];
    expect(Math.abs((end - start) * 20 - 2_000)).toBeLessThanOrEqual(40 + (lossPercent > 0 ? 60 : 0));
    const levels = frames.slice(start, end).map((frame) => toneLevel(frame, 1_000));
    const median = levels.sort((x, y) => x - y)[Math.floor(levels.length / 2)]!;
    expect(Math.abs(median - -10)).toBeLessThanOrEqual(1);
    const heard = strongestTone(recording!.pcm.subarray(start * 160, end * 160));
    expect(Math.abs(heard.hz - 1_000)).toBeLessThanOrEqual(10);
  });

  it('hears every digit once, in order', async () => {
    const { media, events, wait } = await lossyPair(lossPercent, seed + 10);
    const digits = '159*0#D';
    media.send({ kind: 'sendDtmf', leg: 'a', job: 'd', digits });
    expect(await wait('job.done', 'a', 'd')).toMatchObject({ outcome: 'completed' });
    media.send({ kind: 'close', leg: 'a' });
    await wait('closed', 'a');
    // The wire is behind the sender; what is still on it comes before the end of a recording that starts now.
    media.send({ kind: 'record', leg: 'b', job: 'rest', side: 'out', maxMs: 700 });
    await wait('job.done', 'b', 'rest');
    const heard = events.filter((event) => event.kind === 'dtmf');
    expect(heard.map(({ digit }) => digit).join('')).toBe(digits);
    expect(heard.every(({ leg, via }) => leg === 'b' && via === 'rfc4733')).toBe(true);
    for (const { durationMs } of heard) {
      expect(durationMs).toBeGreaterThan(0);
      expect(durationMs).toBeLessThanOrEqual(100);
    }
    if (lossPercent === 0) expect(new Set(heard.map(({ durationMs }) => durationMs))).toEqual(new Set([100]));
  });
});

describe('workers', () => {
  it('share the legs and the ports', async () => {
    const opened: string[][] = [];
    const { min, max } = await freePorts(8);
    const { open, wait, media } = await engine({
      workers: 2,
      ports: { min, max },
      createWorker: (workerData) => {
        const legs: string[] = [];
        opened.push(legs);
        const worker = new Worker(new URL('./media-worker.js', import.meta.url), { workerData });
        worker.on('message', (message: { event?: MediaEvent }) => {
          if (message.event?.kind === 'opened') legs.push(message.event.leg);
        });
        return worker;
      },
    });
    const ports = [await open('1'), await open('2'), await open('3'), await open('4')];
    expect([...ports].sort()).toEqual([min, min + 2, min + 4, min + 6]);
    expect(opened).toEqual([
      ['1', '3'],
      ['2', '4'],
    ]);
    media.send({ kind: 'open', leg: '5' });
    expect((await wait('closed', '5')).error).toBe(`no free pair of RTP ports in ${min}-${min + 3}`);
    media.send({ kind: 'close', leg: '2' });
    await wait('closed', '2');
    expect(await open('6')).toBeGreaterThanOrEqual(min + 4);
  });

  it('that die are replaced, and their legs and jobs end', async () => {
    const workers: Worker[] = [];
    const clock = new HeldClock();
    const { media, open, wait, events } = await engine({
      clock,
      createWorker: (workerData) => {
        const worker = new Worker(new URL('./media-worker.js', import.meta.url), { workerData });
        workers.push(worker);
        return worker;
      },
    });
    const phone = await receiver();
    await open('leg');
    media.send({ kind: 'connect', leg: 'leg', session: session(phone.port) });
    media.send({ kind: 'record', leg: 'leg', job: 'rec', side: 'in', maxMs: 60_000 });
    await workers[0]!.terminate();
    expect(await wait('job.done', 'leg', 'rec')).toMatchObject({ outcome: 'ended', durationMs: 0 });
    expect((await wait('closed', 'leg')).error).toMatch(/media worker died/);
    media.send({ kind: 'open', leg: 'too early' });
    expect((await wait('closed', 'too early')).error).toMatch(/no media worker/);
    media.send({ kind: 'play', leg: 'leg', job: 'p', clips: [] });
    expect(await wait('job.done', 'leg', 'p')).toMatchObject({ outcome: 'failed' });
    clock.advance(REPLACEMENT_DELAY_MS);
    expect(workers).toHaveLength(2);
    expect(await open('again')).toBeGreaterThan(0);
    await media.close();
    expect(events.filter((event) => event.kind === 'closed').map(({ leg }) => leg)).toEqual([
      'leg',
      'too early',
      'again',
    ]);
  });

  it('that cannot start are an error', async () => {
    await expect(
      startMedia({
        workers: 1,
        host: HOST,
        createWorker: () => new Worker('throw new Error("no luck")', { eval: true }),
      }),
    ).rejects.toThrow('no luck');
    await expect(startMedia({ workers: 1, host: HOST, ports: { min: 5_001, max: 5_002 } })).rejects.toThrow(
      /5001-5002/,
    );
  });

  it('encode a clip once for all legs, also when it is sent in memory that is not shared', async () => {
    const { media, open, wait } = await engine();
    const pcm = generateTones([{ hz: 440, dBm0: -10 }], 100);
    const phones = [];
    for (const leg of ['1', '2', '3']) {
      const phone = await receiver();
      phones.push(phone);
      await open(leg);
      media.send({ kind: 'play', leg, job: 'j', clips: [{ pcm }] });
      media.send({ kind: 'connect', leg, session: session(phone.port) });
    }
    for (const leg of ['1', '2', '3']) await wait('job.done', leg, 'j');
    await media.close();
    for (const { packets } of phones) {
      expect(packets.slice(0, 5).flatMap(({ payload }) => [...payload])).toEqual([...encodeG711(pcm, 'PCMU')]);
    }
  });
});
