import { describe, expect, it } from 'vitest';
import { DtmfDetector } from '#voice/codecs/dtmf-detector.js';
import { encodedKey } from '#voice/codecs/dtmf-tones.js';
import { generateTones, strongestTone, toneLevel } from '#voice/codecs/tones.js';
import { joined, quiet, utterance } from '#voice/detection/utterance.fixture.js';
import { decodeG711, encodeG711 } from '#voice/codecs/g711.js';
import type { AudioClip } from '#voice/engine.js';
import type { MediaSession } from '#voice/media/media-port.js';
import {
  mediaRig,
  PEER_PORT,
  rtpPacket,
  SESSION,
  settled,
  type Datagram,
  type MediaRig,
} from '#voice/media/media-rig.test.support.js';
import { MAX_QUEUED_JOBS } from '#voice/media/play-queue.js';
import { DtmfSender } from '#voice/rtp/dtmf-sender.js';
import { buildRtcp, parseRtcp } from '#voice/rtp/rtcp-packet.js';
import type { RtpPacket } from '#voice/rtp/rtp-packet.js';
import { parseTelephoneEvent, writeTelephoneEvent } from '#voice/rtp/telephone-event.js';

const LEG = 'leg-1';
/** Samples of value n·8 throughout: told apart in recordings and packets. */
const clip = (ms: number, n = 100): AudioClip => ({ pcm: new Int16Array(ms * 8).fill(n * 8) });
const tone = (ms: number, hz = 1_000): AudioClip => ({ pcm: generateTones([{ hz, dBm0: -10 }], ms) });

interface ConnectedRig extends MediaRig {
  peer: {
    socket: { send: (packet: Uint8Array, port: number, address: string) => void };
    got: Datagram[];
    rtp: () => RtpPacket[];
  };
  port: number;
  /** A packet from the far end to the leg. */
  say: (packet: Uint8Array) => void;
}

async function connected(session = SESSION, options: Parameters<typeof mediaRig>[0] = {}): Promise<ConnectedRig> {
  const rig = mediaRig(options);
  const peer = rig.network.peer(PEER_PORT);
  const port = await rig.open(LEG);
  rig.engine.send({ kind: 'connect', leg: LEG, session });
  return { ...rig, peer, port, say: (packet) => peer.socket.send(packet, port, '127.0.0.1') };
}

const WITHOUT_EVENTS: MediaSession = { ...SESSION };
delete WITHOUT_EVENTS.dtmfPayloadType;

/** Keys as tones from the far end, 100 ms each, and half a second of silence. */
function sayKeys(rig: ConnectedRig, digits: string): void {
  const silence = new Uint8Array(160).fill(0xff);
  const octets = [...digits].flatMap((digit) => [
    ...encodedKey(digit, 'PCMU', 100),
    ...new Array<number>(800).fill(0xff),
  ]);
  for (let i = 0; i < octets.length / 160 + 25; i++) {
    const payload = i * 160 < octets.length ? Uint8Array.from(octets.slice(i * 160, i * 160 + 160)) : silence;
    rig.say(rtpPacket({ sequence: i, timestamp: i * 160, payload }));
    rig.clock.advance(20);
  }
}

/** Presses a key at the far end: packets 20 ms apart. */
function press(rig: ConnectedRig, digit: string, timestamp: number, keep = (_: number) => true): void {
  const sender = new DtmfSender(digit, timestamp, 100);
  for (let i = 0; !sender.done; i++) {
    const packet = sender.next();
    const payload = new Uint8Array(4);
    writeTelephoneEvent(payload, 0, packet);
    if (keep(i)) rig.say(rtpPacket({ payloadType: 101, sequence: timestamp / 160 + i, timestamp, payload }));
    rig.clock.advance(20);
  }
}

const linear = (packets: RtpPacket[]): Int16Array =>
  Int16Array.from(packets.flatMap(({ payload }) => [...decodeG711(payload, 'PCMU')]));

describe('a leg that is opened', () => {
  it('has an even RTP port and the next one for RTCP', async () => {
    const rig = mediaRig();
    const port = await rig.open(LEG);
    expect(port % 2).toBe(0);
    expect(rig.network.openPorts).toEqual([port, port + 1]);
    await rig.engine.close();
    expect(rig.network.openPorts).toEqual([]);
  });

  it('is closed with a sentence when the range is used up, and opens again when a pair is free', async () => {
    const rig = mediaRig({ ports: { min: 4_001, max: 4_006 } });
    expect([await rig.open('a'), await rig.open('b')].sort()).toEqual([4_002, 4_004]);
    rig.engine.send({ kind: 'open', leg: 'c' });
    await settled();
    expect(rig.of('closed')).toEqual([
      {
        kind: 'closed',
        leg: 'c',
        stats: { packetsSent: 0, packetsReceived: 0, packetsLost: 0, jitterMs: 0 },
        error: 'no free pair of RTP ports in 4001-4006',
      },
    ]);
    rig.engine.send({ kind: 'close', leg: 'a' });
    await settled();
    expect(await rig.open('d')).toBe(4_002);
  });

  it('passes over ports that another program has', async () => {
    const rig = mediaRig({ ports: { min: 4_000, max: 4_005 } });
    await rig.network.openSocket('', 4_001, () => undefined);
    expect(await rig.open(LEG)).toBe(4_002);
    expect(rig.network.openPorts).toEqual([4_001, 4_002, 4_003]);
  });

  it('leaves no socket when it is closed while it opens', async () => {
    const rig = mediaRig();
    rig.engine.send({ kind: 'open', leg: LEG });
    rig.engine.send({ kind: 'close', leg: LEG });
    await rig.engine.close();
    await settled();
    expect(rig.network.openPorts).toEqual([]);
    expect(rig.of('opened')).toEqual([]);
    expect(rig.of('closed')).toHaveLength(1);
  });

  it('is silent until it is connected', async () => {
    const rig = mediaRig();
    const peer = rig.network.peer(PEER_PORT);
    const port = await rig.open(LEG);
    peer.socket.send(rtpPacket({}), port, '127.0.0.1');
    rig.clock.advance(1_000);
    expect(peer.got).toEqual([]);
  });
});

describe('sending', () => {
  it('is silence every 20 ms, without a gap in sequence and time', async () => {
    const rig = await connected();
    rig.clock.advance(2_000);
    const packets = rig.peer.rtp();
    expect(packets).toHaveLength(100);
    for (const [i, packet] of packets.entries()) {
      expect(packet.sequence).toBe((packets[0]!.sequence + i) & 0xffff);
      expect(packet.timestamp).toBe((packets[0]!.timestamp + i * 160) >>> 0);
      expect(packet.marker).toBe(i === 0);
      expect(packet.payload.every((octet) => octet === 0xff)).toBe(true);
    }
    expect(rig.peer.got.map(({ atMs }) => atMs - rig.peer.got[0]!.atMs)).toEqual(packets.map((_, i) => i * 20));
  });

  it('serves a quarter of the legs on each tick', async () => {
    const rig = mediaRig();
    const peers = [];
    for (let i = 0; i < 8; i++) {
      peers.push(rig.network.peer(PEER_PORT + i));
      await rig.open(`leg-${i}`);
      rig.engine.send({ kind: 'connect', leg: `leg-${i}`, session: { ...SESSION, remotePort: PEER_PORT + i } });
    }
    const startMs = rig.clock.now();
    rig.clock.advance(20);
    expect(peers.map(({ got }) => got.map(({ atMs }) => atMs - startMs))).toEqual([
      [5],
      [10],
      [15],
      [20],
      [5],
      [10],
      [15],
      [20],
    ]);
  });

  it('skips the time of a stall in its timestamps, not in its sequence, and marks the new start', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'j', clips: [tone(400)] });
    rig.clock.advance(100);
    rig.clock.stall(500);
    rig.clock.advance(400);
    const packets = rig.peer.rtp();
    const jump = packets.findIndex(
      (packet, i) => i > 0 && packet.timestamp !== (packets[i - 1]!.timestamp + 160) >>> 0,
    );
    expect(packets[jump]!.marker).toBe(true);
    expect(packets[jump]!.sequence).toBe((packets[jump - 1]!.sequence + 1) & 0xffff);
    expect(((packets[jump]!.timestamp - packets[jump - 1]!.timestamp) >>> 0) % 160).toBe(0);
    // 1,000 ms have passed, whatever was missed; and the listener missed nothing of the tone.
    expect((packets.at(-1)!.timestamp - packets[0]!.timestamp) >>> 0).toBe(49 * 160);
    expect(linear(packets).subarray(0, 400 * 8)).toEqual(decodeG711(encodeG711(tone(400).pcm, 'PCMU'), 'PCMU'));
  });

  it.each([
    ['recvonly', 0],
    ['inactive', 0],
    ['sendonly', 50],
  ] as const)('respects a session that is %s', async (direction, packets) => {
    const rig = await connected({ ...SESSION, direction });
    rig.clock.advance(1_000);
    expect(rig.peer.rtp()).toHaveLength(packets);
  });

  it('goes on over a new session: playing, sequence and time, in the new codec', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'j', clips: [tone(1_000)] });
    rig.clock.advance(500);
    rig.engine.send({ kind: 'connect', leg: LEG, session: { ...SESSION, codec: 'PCMA', payloadType: 8 } });
    rig.clock.advance(520);
    const packets = rig.peer.rtp();
    const [before, after] = [packets.slice(0, 25), packets.slice(25, 50)];
    expect(new Set(before.map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
    expect(new Set(after.map(({ payloadType }) => payloadType))).toEqual(new Set([8]));
    expect(after[0]!.sequence).toBe((before.at(-1)!.sequence + 1) & 0xffff);
    expect(after[0]!.timestamp).toBe((before.at(-1)!.timestamp + 160) >>> 0);
    const pcm = Int16Array.from(after.flatMap(({ payload }) => [...decodeG711(payload, 'PCMA')]));
    expect(toneLevel(pcm, 1_000)).toBeCloseTo(-10, 0);
    expect(rig.of('job.done')).toMatchObject([{ job: 'j', outcome: 'completed' }]);
  });

  it('follows the far end behind address translation, and hears nobody else', async () => {
    const rig = await connected();
    const moved = rig.network.peer(PEER_PORT + 50);
    const stranger = rig.network.peer(PEER_PORT + 60);
    for (let i = 0; i < 10; i++) {
      moved.socket.send(rtpPacket({ sequence: i }), rig.port, '127.0.0.1');
      if (i >= 5) stranger.socket.send(rtpPacket({ sequence: i, ssrc: 66 }), rig.port, '127.0.0.1');
      rig.clock.advance(20);
    }
    expect(rig.peer.rtp().length).toBeLessThanOrEqual(5);
    expect(stranger.rtp()).toEqual([]);
    expect(moved.rtp().length).toBeGreaterThanOrEqual(5);
    rig.engine.send({ kind: 'close', leg: LEG });
    expect(rig.of('closed')[0]!.stats.packetsReceived).toBe(6);
  });

  it('puts nothing into a call that a stranger sends, before its far end speaks or after', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'in', maxMs: 10_000 });
    const stranger = rig.network.peer(PEER_PORT + 60, '203.0.113.9');
    const loud = encodeG711(clip(20, 3_000).pcm, 'PCMU');
    for (let i = 0; i < 100; i++) {
      stranger.socket.send(
        rtpPacket({ sequence: i, timestamp: i * 160, ssrc: 66, payload: loud }),
        rig.port,
        '127.0.0.1',
      );
      if (i >= 3 && i < 60) rig.say(rtpPacket({ sequence: i, timestamp: i * 160 }));
      rig.clock.advance(20);
    }
    rig.engine.send({ kind: 'stop', leg: LEG, job: 'r' });
    expect([...new Set(rig.of('job.done')[0]!.recording!.pcm)]).toEqual([0]);
    expect(stranger.got).toEqual([]);
  });
});

describe('hearing', () => {
  it('lets only what the session allows decide where to send', async () => {
    const rig = await connected();
    const stranger = rig.network.peer(PEER_PORT + 60);
    for (let i = 0; i < 10; i++) {
      stranger.socket.send(rtpPacket({ payloadType: 96, sequence: i }), rig.port, '127.0.0.1');
      stranger.socket.send(Uint8Array.of(0, 1, 0, 0), rig.port, '127.0.0.1');
      rig.clock.advance(20);
    }
    expect(stranger.got).toEqual([]);
    rig.say(rtpPacket({ payloadType: 13, sequence: 5, payload: Uint8Array.of(60) }));
    rig.engine.send({ kind: 'close', leg: LEG });
    expect(rig.of('closed')[0]!.stats.packetsReceived).toBe(1);
  });

  it('follows a source that starts anew with other numbers', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'in', maxMs: 600 });
    const payload = encodeG711(clip(20, 200).pcm, 'PCMU');
    for (let i = 0; i < 30; i++) {
      const [ssrc, from] = i < 10 ? [1, 3_000_000_000] : [2, 1_000];
      rig.say(rtpPacket({ ssrc, sequence: i, timestamp: from + i * 160, payload }));
      rig.clock.advance(20);
    }
    const { recording } = rig.of('job.done')[0]!;
    const unheard = recording!.pcm.filter((sample) => sample === 0).length;
    expect(unheard).toBeLessThanOrEqual(60 * 8 * 2);
  });

  it('ends with the engine: it opens nothing any more', async () => {
    const rig = await connected();
    await rig.engine.close();
    rig.engine.send({ kind: 'open', leg: 'late' });
    expect(rig.of('closed').map(({ leg, error }) => [leg, error])).toEqual([
      [LEG, undefined],
      ['late', 'the media engine is closed'],
    ]);
  });
});

describe('playing', () => {
  it('sends the whole clip and reports the end with its last packet', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'j', clips: [tone(1_000)] });
    rig.clock.advance(980);
    expect(rig.of('job.done')).toEqual([]);
    rig.clock.advance(20);
    expect(rig.of('job.done')).toEqual([
      { kind: 'job.done', leg: LEG, job: 'j', outcome: 'completed', durationMs: 1_000 },
    ]);
    const packets = rig.peer.rtp();
    expect(packets).toHaveLength(50);
    expect(packets.flatMap(({ payload }) => [...payload])).toEqual([...encodeG711(tone(1_000).pcm, 'PCMU')]);
    expect(strongestTone(linear(packets))).toMatchObject({ hz: 1_000 });
  });

  it('joins the clips of a job without a gap and fills the last packet with silence', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'j', clips: [clip(15, 50), clip(0), clip(11, 90)] });
    rig.clock.advance(40);
    const octets = rig.peer.rtp().flatMap(({ payload }) => [...payload]);
    const [first, second] = [encodeG711(clip(15, 50).pcm, 'PCMU'), encodeG711(clip(11, 90).pcm, 'PCMU')];
    expect(octets).toEqual([...first, ...second, ...new Array<number>(320 - 26 * 8).fill(0xff)]);
    expect(rig.of('job.done')).toMatchObject([{ outcome: 'completed', durationMs: 26 }]);
  });

  it('plays jobs one after the other', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'a', clips: [clip(40)] });
    rig.engine.send({ kind: 'play', leg: LEG, job: 'b', clips: [clip(0)] });
    rig.engine.send({ kind: 'play', leg: LEG, job: 'c', clips: [clip(40)] });
    rig.clock.advance(100);
    expect(rig.of('job.done').map(({ job, outcome, durationMs }) => [job, outcome, durationMs])).toEqual([
      ['a', 'completed', 40],
      ['b', 'completed', 0],
      ['c', 'completed', 40],
    ]);
  });

  it('waits for the session', async () => {
    const rig = mediaRig();
    const peer = rig.network.peer(PEER_PORT);
    rig.engine.send({ kind: 'open', leg: LEG });
    rig.engine.send({ kind: 'play', leg: LEG, job: 'j', clips: [clip(40)] });
    await settled();
    rig.clock.advance(1_000);
    expect(rig.of('job.done')).toEqual([]);
    rig.engine.send({ kind: 'connect', leg: LEG, session: SESSION });
    rig.clock.advance(60);
    expect(rig.of('job.done')).toMatchObject([{ outcome: 'completed', durationMs: 40 }]);
    expect(peer.rtp()).toHaveLength(3);
  });

  it('stops one job, or all of them', async () => {
    const rig = await connected();
    for (const job of ['a', 'b', 'c']) rig.engine.send({ kind: 'play', leg: LEG, job, clips: [clip(1_000)] });
    rig.clock.advance(100);
    rig.engine.send({ kind: 'stop', leg: LEG, job: 'b' });
    rig.engine.send({ kind: 'stop', leg: LEG, job: 'no such job' });
    rig.engine.send({ kind: 'stop', leg: LEG });
    expect(rig.of('job.done').map(({ job, outcome, durationMs }) => [job, outcome, durationMs])).toEqual([
      ['b', 'stopped', 0],
      ['a', 'stopped', 100],
      ['c', 'stopped', 0],
    ]);
    rig.clock.advance(20);
    expect(
      rig.peer
        .rtp()
        .at(-1)!
        .payload.every((octet) => octet === 0xff),
    ).toBe(true);
  });

  it('is interrupted by the first key where allowed: at its press, queued jobs as well', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'menu', clips: [clip(2_000)], bargeIn: true });
    rig.engine.send({ kind: 'play', leg: LEG, job: 'more', clips: [clip(2_000)], bargeIn: true });
    rig.engine.send({ kind: 'play', leg: LEG, job: 'thanks', clips: [clip(40)] });
    rig.clock.advance(200);
    press(rig, '1', 16_000);
    expect(rig.events.filter(({ kind }) => kind !== 'load' && kind !== 'opened')).toEqual([
      { kind: 'job.done', leg: LEG, job: 'menu', outcome: 'barged', durationMs: 200 },
      { kind: 'job.done', leg: LEG, job: 'more', outcome: 'barged', durationMs: 0 },
      { kind: 'job.done', leg: LEG, job: 'thanks', outcome: 'completed', durationMs: 40 },
      { kind: 'dtmf', leg: LEG, digit: '1', via: 'rfc4733', durationMs: 100 },
    ]);
  });

  it('is interrupted by a key that came by SIP INFO', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'menu', clips: [clip(2_000)], bargeIn: true });
    rig.engine.send({ kind: 'info', leg: LEG, digit: '9', durationMs: 160 });
    expect(rig.events.slice(-2)).toEqual([
      { kind: 'job.done', leg: LEG, job: 'menu', outcome: 'barged', durationMs: 0 },
      { kind: 'dtmf', leg: LEG, digit: '9', via: 'info', durationMs: 160 },
    ]);
  });

  it('is not interrupted where it is not allowed', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'j', clips: [clip(300)] });
    press(rig, '1', 16_000);
    rig.clock.advance(300);
    expect(rig.of('job.done')).toMatchObject([{ job: 'j', outcome: 'completed', durationMs: 300 }]);
  });

  it('plays its clips over and over, until it is stopped or interrupted', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'hold', clips: [clip(30, 50), clip(10, 90)], loop: true });
    rig.engine.send({ kind: 'play', leg: LEG, job: 'nothing', clips: [clip(0)], loop: true });
    rig.clock.advance(400);
    const round = [...new Array<number>(240).fill(50), ...new Array<number>(80).fill(90)].map((n) => n * 8);
    const octets = encodeG711(Int16Array.from(round), 'PCMU');
    expect(rig.peer.rtp().flatMap(({ payload }) => [...payload])).toEqual(
      Array.from({ length: 10 }, () => [...octets]).flat(),
    );
    rig.engine.send({ kind: 'stop', leg: LEG, job: 'hold' });
    rig.clock.advance(20);
    expect(rig.of('job.done').map(({ job, outcome, durationMs }) => [job, outcome, durationMs])).toEqual([
      ['hold', 'stopped', 400],
      ['nothing', 'completed', 0],
    ]);
    rig.engine.send({ kind: 'play', leg: LEG, job: 'menu', clips: [clip(40)], loop: true, bargeIn: true });
    rig.clock.advance(200);
    press(rig, '1', 16_000);
    expect(rig.of('job.done').at(-1)).toMatchObject({ job: 'menu', outcome: 'barged', durationMs: 200 });
  });

  it('ends with the leg', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'j', clips: [clip(300)] });
    rig.engine.send({ kind: 'sendDtmf', leg: LEG, job: 'd', digits: '12' });
    rig.clock.advance(100);
    rig.engine.send({ kind: 'close', leg: LEG });
    expect(rig.events.slice(-4).map((event) => [event.kind, 'outcome' in event && event.outcome])).toEqual([
      ['job.done', 'ended'],
      ['job.done', 'ended'],
      ['closed', false],
      ['load', false],
    ]);
  });

  it('refuses more jobs than its queue holds', async () => {
    const rig = await connected();
    for (let i = 0; i <= MAX_QUEUED_JOBS; i++) {
      rig.engine.send({ kind: 'play', leg: LEG, job: `${i}`, clips: [clip(20)] });
    }
    expect(rig.of('job.done')).toMatchObject([{ job: `${MAX_QUEUED_JOBS}`, outcome: 'failed' }]);
  });

  it('fails on a leg that is not known; other commands are ignored there', async () => {
    const rig = mediaRig();
    const leg = 'nobody';
    rig.engine.send({ kind: 'play', leg, job: 'p', clips: [] });
    rig.engine.send({ kind: 'record', leg, job: 'r', side: 'in', maxMs: 1_000 });
    rig.engine.send({ kind: 'sendDtmf', leg, job: 'd', digits: '1' });
    rig.engine.send({ kind: 'connect', leg, session: SESSION });
    rig.engine.send({ kind: 'stop', leg });
    rig.engine.send({ kind: 'info', leg, digit: '1', durationMs: 100 });
    rig.engine.send({ kind: 'close', leg });
    expect(rig.events).toEqual(
      ['p', 'r', 'd'].map((job) => ({ kind: 'job.done', leg, job, outcome: 'failed', durationMs: 0 })),
    );
  });
});

describe('keys', () => {
  it('are reported once each, though packets are lost', async () => {
    const rig = await connected();
    press(rig, '1', 16_000);
    press(rig, '2', 32_000, (i) => i === 6);
    press(rig, '3', 48_000, (i) => i < 3);
    rig.clock.advance(600);
    expect(rig.of('dtmf').map(({ digit, durationMs }) => [digit, durationMs])).toEqual([
      ['1', 100],
      ['2', 100],
      ['3', 60],
    ]);
  });

  it('that are down when the leg closes are reported', async () => {
    const rig = await connected();
    press(rig, '5', 16_000, (i) => i < 2);
    rig.engine.send({ kind: 'close', leg: LEG });
    expect(rig.of('dtmf')).toMatchObject([{ digit: '5', durationMs: 40 }]);
  });

  it('are not listened to in a session that only sends', async () => {
    const rig = await connected({ ...SESSION, direction: 'sendonly' });
    press(rig, '5', 16_000);
    expect(rig.of('dtmf')).toEqual([]);
  });

  it('are sent one after the other, each in the time of the stream', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'play', leg: LEG, job: 'p', clips: [clip(100)] });
    rig.engine.send({ kind: 'sendDtmf', leg: LEG, job: 'd', digits: '1#' });
    rig.clock.advance(1_000);
    const packets = rig.peer.rtp();
    const events = packets.filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ payload }) => parseTelephoneEvent(payload)!.digit).join('')).toBe('1111111#######');
    expect(events.filter(({ marker }) => marker)).toHaveLength(2);
    for (const event of events) {
      const { duration } = parseTelephoneEvent(event.payload)!;
      const at = (event.sequence - packets[0]!.sequence) & 0xffff;
      const elapsed = (((packets[0]!.timestamp + at * 160 - event.timestamp) >>> 0) / 160 + 1) * 160;
      expect(duration).toBe(Math.min(800, elapsed));
    }
    expect(packets.map(({ sequence }) => (sequence - packets[0]!.sequence) & 0xffff)).toEqual(packets.map((_, i) => i));
    expect(rig.of('job.done').map(({ job, outcome }) => [job, outcome])).toEqual([
      ['d', 'completed'],
      ['p', 'completed'],
    ]);
    expect(rig.of('job.done')[0]!.durationMs).toBe(340);
  });

  it('that do not exist cannot be sent', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'sendDtmf', leg: LEG, job: 'b', digits: '1x' });
    rig.engine.send({ kind: 'sendDtmf', leg: LEG, job: 'c', digits: '' });
    expect(rig.of('job.done').map(({ job, outcome }) => [job, outcome])).toEqual([
      ['b', 'failed'],
      ['c', 'failed'],
    ]);
  });

  it('are sent as tones to a far end without telephone events, in its law', async () => {
    const rig = await connected({ ...WITHOUT_EVENTS, codec: 'PCMA', payloadType: 8 });
    rig.engine.send({ kind: 'sendDtmf', leg: LEG, job: 'd', digits: '4#' });
    rig.clock.advance(500);
    expect(rig.of('job.done')).toMatchObject([{ outcome: 'completed', durationMs: 300 }]);
    const heard: string[] = [];
    const detector = new DtmfDetector({
      pressed: () => undefined,
      released: ({ digit }) => heard.push(digit),
    });
    for (const { payload } of rig.peer.rtp()) detector.heard(decodeG711(payload, 'PCMA'));
    expect(heard).toEqual(['4', '#']);
    const rest = rig.peer.rtp().slice(15);
    expect(rest.every(({ payload }) => payload.every((octet) => octet === 0xd5))).toBe(true);
  });

  it('are left to signalling where the far end takes SIP INFO instead of telephone events', async () => {
    const rig = await connected({ ...WITHOUT_EVENTS, dtmfByInfo: true });
    rig.engine.send({ kind: 'sendDtmf', leg: LEG, job: 'd', digits: '12' });
    rig.clock.advance(100);
    expect(rig.of('sendInfo')).toEqual([{ kind: 'sendInfo', leg: LEG, digit: '1', durationMs: 100 }]);
    rig.clock.advance(200);
    expect(rig.of('sendInfo').map(({ digit }) => digit)).toEqual(['1', '2']);
    expect(rig.of('job.done')).toMatchObject([{ outcome: 'completed', durationMs: 300 }]);
    const octets = new Set(rig.peer.rtp().flatMap(({ payload }) => [...payload]));
    expect([...octets]).toEqual([0xff]);
  });

  it('wait a second at each comma', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'sendDtmf', leg: LEG, job: 'd', digits: '1,,2' });
    rig.clock.advance(4_000);
    const events = rig.peer.rtp().filter(({ payloadType }) => payloadType === 101);
    const began = [...new Set(events.map(({ timestamp }) => timestamp))];
    expect(began).toHaveLength(2);
    expect((began[1]! - began[0]!) >>> 0).toBe((2_000 + 200) * 8);
    expect(rig.of('job.done')).toMatchObject([{ outcome: 'completed', durationMs: 2_340 }]);
  });

  it('come as tones from a far end without telephone events, and interrupt', async () => {
    const rig = await connected(WITHOUT_EVENTS);
    rig.engine.send({ kind: 'play', leg: LEG, job: 'menu', clips: [clip(2_000)], bargeIn: true });
    sayKeys(rig, '5');
    expect(rig.of('dtmf')).toMatchObject([{ leg: LEG, digit: '5', via: 'inband' }]);
    expect(Math.abs(rig.of('dtmf')[0]!.durationMs - 100)).toBeLessThanOrEqual(10);
    expect(rig.of('job.done')).toMatchObject([{ job: 'menu', outcome: 'barged' }]);
  });

  it('are not looked for in the sound of a far end that has telephone events, nor of one on hold', async () => {
    for (const session of [SESSION, { ...WITHOUT_EVENTS, direction: 'sendonly' } as const]) {
      const rig = await connected(session);
      sayKeys(rig, '5');
      expect(rig.of('dtmf')).toEqual([]);
    }
  });

  it('that come in two ways count once, those that are pressed twice count twice', async () => {
    const rig = await connected();
    press(rig, '1', 16_000);
    rig.engine.send({ kind: 'info', leg: LEG, digit: '1', durationMs: 100 });
    press(rig, '1', 32_000);
    press(rig, '2', 48_000);
    rig.engine.send({ kind: 'info', leg: LEG, digit: '1', durationMs: 100 });
    rig.engine.send({ kind: 'info', leg: LEG, digit: '2', durationMs: 100 });
    rig.engine.send({ kind: 'info', leg: LEG, digit: '3', durationMs: 100 });
    press(rig, '3', 64_000);
    expect(rig.of('dtmf').map(({ digit, via }) => `${digit} ${via}`)).toEqual([
      '1 rfc4733',
      '1 rfc4733',
      '2 rfc4733',
      '3 info',
    ]);
    rig.clock.advance(2_000);
    rig.engine.send({ kind: 'info', leg: LEG, digit: '3', durationMs: 100 });
    expect(rig.of('dtmf').at(-1)).toMatchObject({ digit: '3', via: 'info' });
    expect(rig.of('dtmf')).toHaveLength(5);
  });

  it('are heard under the payload type that we asked for, and sent under the one that the far end asked for', async () => {
    const rig = await connected({ ...SESSION, dtmfPayloadType: 96, dtmfReceivePayloadType: 101 });
    press(rig, '9', 16_000);
    expect(rig.of('dtmf')).toMatchObject([{ digit: '9', via: 'rfc4733' }]);
    rig.engine.send({ kind: 'sendDtmf', leg: LEG, job: 'd', digits: '1' });
    rig.clock.advance(40);
    expect(rig.peer.rtp().at(-1)!.payloadType).toBe(96);
  });

  it('that are being sent can be stopped: the key is let go', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'sendDtmf', leg: LEG, job: 'd', digits: '123' });
    rig.clock.advance(40);
    rig.engine.send({ kind: 'stop', leg: LEG, job: 'd' });
    rig.clock.advance(400);
    const events = rig.peer.rtp().filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ payload }) => parseTelephoneEvent(payload)!.end)).toEqual([false, false, true, true, true]);
    expect(rig.of('job.done')).toMatchObject([{ job: 'd', outcome: 'stopped', durationMs: 40 }]);
  });
});

describe('recording', () => {
  const inPackets = (rig: ConnectedRig, n: number, payload: Uint8Array, first = 0): void => {
    for (let i = first; i < first + n; i++) {
      rig.say(rtpPacket({ sequence: i, timestamp: i * 160, payload }));
      rig.clock.advance(20);
    }
  };
  const recorded = (rig: ConnectedRig, job = 'r'): Int16Array => {
    const done = rig.of('job.done').find((event) => event.job === job);
    return done?.recording?.pcm ?? expect.fail(`no recording of ${job}`);
  };
  const HEARD = encodeG711(clip(20, 200).pcm, 'PCMU');
  const heardValue = decodeG711(HEARD, 'PCMU')[0]!;
  const playedValue = decodeG711(encodeG711(clip(1, 300).pcm, 'PCMU'), 'PCMU')[0]!;

  it('takes what the far end says, in time', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'in', maxMs: 10_000 });
    inPackets(rig, 20, HEARD);
    rig.engine.send({ kind: 'stop', leg: LEG, job: 'r' });
    expect(rig.of('job.done')).toMatchObject([{ outcome: 'stopped', durationMs: 400 }]);
    const pcm = recorded(rig);
    expect(pcm).toHaveLength(400 * 8);
    const firstHeard = pcm.findIndex((sample) => sample !== 0);
    expect(firstHeard).toBe(60 * 8);
    expect(pcm.subarray(firstHeard).every((sample) => sample === heardValue)).toBe(true);
  });

  it('takes what the far end hears', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'out', maxMs: 10_000 });
    rig.clock.advance(100);
    rig.engine.send({ kind: 'play', leg: LEG, job: 'p', clips: [clip(100, 300)] });
    inPackets(rig, 10, HEARD);
    rig.engine.send({ kind: 'stop', leg: LEG, job: 'r' });
    const pcm = recorded(rig);
    expect(pcm).toHaveLength(300 * 8);
    expect([...new Set(pcm.subarray(0, 800))]).toEqual([0]);
    expect([...new Set(pcm.subarray(800, 1_600))]).toEqual([playedValue]);
    expect([...new Set(pcm.subarray(1_600))]).toEqual([0]);
  });

  it('mixes both, and clips where the sum is too loud', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'mixed', maxMs: 10_000 });
    rig.engine.send({ kind: 'play', leg: LEG, job: 'p', clips: [clip(100, 300), clip(100, 4_000)] });
    inPackets(rig, 5, HEARD);
    inPackets(rig, 5, encodeG711(clip(20, 4_000).pcm, 'PCMU'));
    rig.engine.send({ kind: 'close', leg: LEG });
    const pcm = recorded(rig);
    expect(rig.of('job.done').at(-1)).toMatchObject({ job: 'r', outcome: 'ended', durationMs: 200 });
    expect(pcm[30 * 8]).toBe(playedValue);
    expect(pcm[80 * 8]).toBe(playedValue + heardValue);
    expect(Math.max(...pcm)).toBe(32_767);
  });

  it('leaves out what is said between pause and resume, and its time as well', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'apart', maxMs: 500 });
    rig.engine.send({ kind: 'pause', leg: LEG, job: 'no such job' });
    inPackets(rig, 10, HEARD);
    rig.engine.send({ kind: 'pause', leg: LEG, job: 'r' });
    rig.engine.send({ kind: 'play', leg: LEG, job: 'p', clips: [clip(400, 300)] });
    rig.clock.advance(200);
    rig.clock.stall(400);
    rig.engine.send({ kind: 'resume', leg: LEG, job: 'r' });
    rig.clock.advance(280);
    expect(rig.of('job.done')).toMatchObject([{ job: 'p' }]);
    rig.clock.advance(20);
    expect(rig.of('job.done')[1]).toMatchObject({ job: 'r', outcome: 'completed', durationMs: 500 });
    const { recording, recordingOut } = rig.of('job.done')[1]!;
    expect([recording!.pcm.length, recordingOut!.pcm.length]).toEqual([500 * 8, 500 * 8]);
    expect(recordingOut!.pcm.filter((sample) => sample === playedValue).length).toBeLessThanOrEqual(200 * 8);
    expect([...new Set(recordingOut!.pcm.subarray(0, 200 * 8))]).toEqual([0]);
  });

  it('ends by itself after its longest time', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'in', maxMs: 130 });
    rig.clock.advance(500);
    expect(rig.of('job.done')).toMatchObject([{ job: 'r', outcome: 'completed', durationMs: 130 }]);
    expect(recorded(rig)).toHaveLength(130 * 8);
  });

  it('ends when nothing is said any more, with the last word', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'in', maxMs: 60_000, silenceMs: 2_000 });
    const words = encodeG711(joined(utterance(1_500), quiet(1_500), utterance(900), quiet(4_000)), 'PCMU');
    for (let at = 0; at < 50 * 7.9; at++) inPackets(rig, 1, words.subarray(at * 160, at * 160 + 160), at);
    expect(rig.of('job.done')).toMatchObject([{ job: 'r', outcome: 'completed' }]);
    const { durationMs, recording } = rig.of('job.done')[0]!;
    expect(Math.abs(durationMs - (60 + 1_500 + 1_500 + 900 + 300))).toBeLessThanOrEqual(160);
    expect(recording!.pcm).toHaveLength(durationMs * 8);
  });

  it('of somebody who says nothing has nothing, and a tone is something that is said', async () => {
    for (const [spoken, least] of [
      [quiet(3_000), 0],
      [generateTones([{ hz: 440, dBm0: -20 }], 3_000), 2_900],
    ] as const) {
      const rig = await connected();
      rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'in', maxMs: 60_000, silenceMs: 1_000 });
      const words = encodeG711(joined(spoken, quiet(2_000)), 'PCMU');
      for (let at = 0; at < 250; at++) inPackets(rig, 1, words.subarray(at * 160, at * 160 + 160), at);
      const { durationMs, outcome } = rig.of('job.done')[0]!;
      expect(outcome).toBe('completed');
      expect(durationMs - least).toBeGreaterThanOrEqual(0);
      expect(durationMs - least).toBeLessThanOrEqual(500);
    }
  });

  it('keeps the time of a stall', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'mixed', maxMs: 100_000 });
    rig.clock.advance(1_000);
    rig.clock.stall(30_000);
    rig.clock.advance(1_000);
    rig.engine.send({ kind: 'stop', leg: LEG, job: 'r' });
    expect(recorded(rig)).toHaveLength(32_000 * 8);
  });

  it('takes the far end in the other law, if it changes to it', async () => {
    const rig = await connected();
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'in', maxMs: 10_000 });
    for (let i = 0; i < 10; i++) {
      const payload = encodeG711(clip(20, 200).pcm, 'PCMA');
      rig.say(rtpPacket({ payloadType: 8, sequence: i, timestamp: i * 160, payload }));
      rig.clock.advance(20);
    }
    rig.engine.send({ kind: 'stop', leg: LEG, job: 'r' });
    expect(recorded(rig).at(-1)).toBe(decodeG711(encodeG711(clip(1, 200).pcm, 'PCMA'), 'PCMA')[0]);
  });

  it('is silence while the far end only listens', async () => {
    const rig = await connected({ ...SESSION, direction: 'sendonly' });
    rig.engine.send({ kind: 'record', leg: LEG, job: 'r', side: 'in', maxMs: 200 });
    inPackets(rig, 20, HEARD);
    expect([...new Set(recorded(rig))]).toEqual([0]);
  });

  it('refuses too many at once and impossible lengths', async () => {
    const rig = await connected();
    for (const job of ['1', '2', '3', '4', '5']) {
      rig.engine.send({ kind: 'record', leg: LEG, job, side: 'in', maxMs: 1_000 });
    }
    rig.engine.send({ kind: 'record', leg: LEG, job: '6', side: 'in', maxMs: Number.NaN });
    expect(rig.of('job.done').map(({ job, outcome }) => [job, outcome])).toEqual([
      ['5', 'failed'],
      ['6', 'failed'],
    ]);
  });
});

describe('the end of media', () => {
  it('is told after the timeout, and again after each further one', async () => {
    const rig = await connected(SESSION, { mediaTimeoutMs: 1_000 });
    rig.clock.advance(500);
    rig.say(rtpPacket({ sequence: 1 }));
    rig.clock.advance(980);
    expect(rig.of('silent')).toEqual([]);
    rig.clock.advance(40);
    expect(rig.of('silent')).toHaveLength(1);
    rig.clock.advance(1_000);
    expect(rig.of('silent')).toHaveLength(2);
    expect(rig.of('silent')[1]!.forMs).toBeGreaterThanOrEqual(2_000);
    rig.say(rtpPacket({ sequence: 2 }));
    rig.clock.advance(990);
    expect(rig.of('silent')).toHaveLength(2);
  });

  it('is not awaited from a far end that only listens, and RTCP is a sign of life', async () => {
    const held = await connected({ ...SESSION, direction: 'sendonly' }, { mediaTimeoutMs: 1_000 });
    held.clock.advance(5_000);
    expect(held.of('silent')).toEqual([]);
    const rig = await connected(SESSION, { mediaTimeoutMs: 1_000 });
    const rtcp = rig.network.peer(PEER_PORT + 1);
    for (let i = 0; i < 5; i++) {
      rig.clock.advance(800);
      rtcp.socket.send(Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 7), rig.port + 1, '127.0.0.1');
    }
    expect(rig.of('silent')).toEqual([]);
  });

  it('comes with how it sounded, and with what the far end reports of us', async () => {
    const rig = await connected();
    const rtcp = rig.network.peer(PEER_PORT + 1);
    for (let i = 0; i < 500; i++) {
      if (i % 10 !== 5) rig.say(rtpPacket({ sequence: i, timestamp: i * 160 }));
      rig.clock.advance(20);
    }
    const ours = rtcp.got.map(({ packet }) => parseRtcp(packet)![0]!).find(({ kind }) => kind === 'sender-report');
    if (ours?.kind !== 'sender-report') return expect.fail('no sender report came');
    const report = {
      ssrc: ours.ssrc,
      fractionLost: 0,
      cumulativeLost: 25,
      highestSequence: 500,
      jitter: 24,
      lastSenderReport: ours.ntpMiddle,
      delaySinceLastReport: Math.round(((rig.clock.now() - ours.sender.atMs - 40) * 65_536) / 1_000),
    };
    rtcp.socket.send(buildRtcp({ ssrc: 9, cname: 'x', report }), rig.port + 1, '127.0.0.1');
    rig.engine.send({ kind: 'close', leg: LEG });
    const { stats } = rig.of('closed')[0]!;
    expect(stats.remote).toEqual({ lostRatio: 0.05, jitterMs: 3 });
    expect(stats.roundTripMs).toBe(40);
    // A tenth is lost, here and there.
    expect(stats.mos).toBeGreaterThan(1.8);
    expect(stats.mos).toBeLessThan(2.8);
  });

  it('is reported with what was counted, and by RTCP', async () => {
    const rig = await connected();
    const rtcp = rig.network.peer(PEER_PORT + 1);
    for (const sequence of [10, 11, 13, 14]) {
      rig.say(rtpPacket({ sequence, timestamp: sequence * 160 }));
      rig.clock.advance(20);
    }
    rig.clock.advance(10_000);
    const reports = rtcp.got.map(({ packet }) => parseRtcp(packet)![0]!);
    expect(reports.length).toBeGreaterThanOrEqual(1);
    expect(reports[0]).toMatchObject({
      kind: 'sender-report',
      reports: [{ ssrc: 1, cumulativeLost: 1, highestSequence: 14 }],
    });
    rig.engine.send({ kind: 'close', leg: LEG });
    expect(rig.of('closed')[0]!.stats).toMatchObject({ packetsSent: 504, packetsReceived: 4, packetsLost: 1 });
    expect(rig.of('closed')[0]).not.toHaveProperty('error');
    expect(parseRtcp(rtcp.got.at(-1)!.packet)!.map(({ kind }) => kind)).toContain('bye');
  });
});

describe('load', () => {
  it('is told every second while there are legs, and when the last one goes', async () => {
    const rig = await connected();
    rig.clock.advance(2_500);
    expect(rig.of('load')).toEqual([
      { kind: 'load', legs: 1, tickLagMs: 0 },
      { kind: 'load', legs: 1, tickLagMs: 0 },
    ]);
    rig.engine.send({ kind: 'close', leg: LEG });
    rig.clock.advance(5_000);
    expect(rig.of('load').slice(2)).toEqual([{ kind: 'load', legs: 0, tickLagMs: 0 }]);
  });

  it('shows ticks that come late', async () => {
    const rig = await connected();
    for (let i = 0; i < 50; i++) rig.clock.stall(25);
    expect(rig.of('load')[0]!.tickLagMs).toBeGreaterThan(10);
  });
});
