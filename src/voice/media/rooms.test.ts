/** Bridges and conferences, through the media engine: legs whose far ends speak and listen on a network in memory. */
import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '#voice/codecs/g711.js';
import { generateTones, toneLevel } from '#voice/codecs/tones.js';
import type { MediaSession } from '#voice/media/media-port.js';
import { mediaRig, PEER_PORT, rtpPacket, SESSION, type MediaRig } from '#voice/media/media-rig.test.support.js';
import { DtmfSender } from '#voice/rtp/dtmf-sender.js';
import type { RtpPacket } from '#voice/rtp/rtp-packet.js';
import { writeTelephoneEvent } from '#voice/rtp/telephone-event.js';

type Law = 'PCMU' | 'PCMA';

/** A far end on a leg of its own. */
interface Far {
  leg: string;
  law: Law;
  /** Speaks the next 20 ms: a packet of 160 samples. */
  say: (pcm: Int16Array, fields?: Partial<RtpPacket>) => void;
  /** What it was sent, since the start or a sequence of packets. */
  rtp: () => RtpPacket[];
  heard: (lastMs: number) => Int16Array;
}

async function far(rig: MediaRig, i: number, over: Partial<MediaSession> = {}): Promise<Far> {
  const leg = `leg-${i}`;
  const law = over.codec ?? 'PCMU';
  const peer = rig.network.peer(PEER_PORT + 2 * i);
  const port = await rig.open(leg);
  const payloadType = law === 'PCMU' ? 0 : 8;
  rig.engine.send({
    kind: 'connect',
    leg,
    session: { ...SESSION, remotePort: PEER_PORT + 2 * i, codec: law, payloadType, ...over },
  });
  let sequence = 0;
  return {
    leg,
    law,
    say: (pcm, fields = {}) => {
      const payload = encodeG711(pcm, law);
      const packet = rtpPacket({ payloadType, sequence, timestamp: sequence * 160, payload, ssrc: i + 1, ...fields });
      peer.socket.send(packet, port, '127.0.0.1');
      sequence++;
    },
    rtp: () => peer.rtp().filter((packet) => packet.payloadType === payloadType),
    heard: (lastMs) => {
      const packets = peer.rtp().filter((packet) => packet.payloadType === payloadType);
      return Int16Array.from(packets.slice(-lastMs / 20).flatMap(({ payload }) => [...decodeG711(payload, law)]));
    },
  };
}

/** 20 ms of a tone that goes on from call to call. */
function speaker(hz: number, dBm0 = -10): () => Int16Array {
  const pcm = generateTones([{ hz, dBm0 }], 1_000);
  let at = 0;
  return () => {
    const frame = pcm.slice(at, at + 160);
    at = (at + 160) % pcm.length;
    return frame;
  };
}

/** Each of them says its tone for so long. */
function talk(rig: MediaRig, ms: number, ...speaking: [Far, () => Int16Array][]): void {
  for (let i = 0; i < ms / 20; i++) {
    for (const [who, next] of speaking) who.say(next());
    rig.clock.advance(20);
  }
}

const silent = (pcm: Int16Array): boolean => pcm.every((sample) => Math.abs(sample) <= 8);

describe('a bridge', () => {
  it('passes octets of the same law unchanged, in both directions, within a tenth of a second', async () => {
    const rig = mediaRig();
    const [a, b] = [await far(rig, 0), await far(rig, 1)];
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    const frames = Array.from({ length: 30 }, (_, i) => new Int16Array(160).fill((i + 1) * 300));
    for (const frame of frames) {
      a.say(frame);
      b.say(frame.map((sample) => -sample));
      rig.clock.advance(20);
    }
    for (const [who, said] of [
      [b, frames],
      [a, frames.map((frame) => frame.map((sample) => -sample))],
    ] as const) {
      const sent = said.map((frame) => encodeG711(frame, 'PCMU')[0]);
      const got = who.rtp().map(({ payload }) => payload[0]);
      const delay = got.indexOf(sent[0]);
      expect(delay).toBeLessThanOrEqual(5);
      expect(got.slice(delay)).toEqual(sent.slice(0, got.length - delay));
    }
  });

  it.each<[Law, Law]>([
    ['PCMU', 'PCMA'],
    ['PCMA', 'PCMU'],
  ])('carries %s to %s', async (from, to) => {
    const rig = mediaRig();
    const [a, b] = [await far(rig, 0, { codec: from }), await far(rig, 1, { codec: to })];
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    talk(rig, 600, [a, speaker(1_000)]);
    expect(toneLevel(b.heard(400), 1_000)).toBeCloseTo(-10, 0);
    expect(new Set(b.rtp().map(({ payloadType }) => payloadType))).toEqual(new Set([to === 'PCMU' ? 0 : 8]));
  });

  it('begins with the media of both', async () => {
    const rig = mediaRig();
    const a = await far(rig, 0);
    await rig.open('leg-1');
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: 'leg-1' });
    talk(rig, 200, [a, speaker(1_000)]);
    expect(silent(a.heard(200))).toBe(true);
    const peer = rig.network.peer(PEER_PORT + 2);
    rig.engine.send({ kind: 'connect', leg: 'leg-1', session: { ...SESSION, remotePort: PEER_PORT + 2 } });
    talk(rig, 400, [a, speaker(1_000)]);
    const pcm = Int16Array.from(
      peer
        .rtp()
        .slice(-10)
        .flatMap(({ payload }) => [...decodeG711(payload, 'PCMU')]),
    );
    expect(toneLevel(pcm, 1_000)).toBeCloseTo(-10, 0);
  });

  it('is overridden on the side that is played to, and goes on after it', async () => {
    const rig = mediaRig();
    const [a, b] = [await far(rig, 0), await far(rig, 1)];
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    rig.engine.send({
      kind: 'play',
      leg: b.leg,
      job: 'beep',
      clips: [{ pcm: generateTones([{ hz: 400, dBm0: -10 }], 400) }],
    });
    const [sayA, sayB] = [speaker(1_000), speaker(1_500)];
    talk(rig, 400, [a, sayA], [b, sayB]);
    expect(toneLevel(b.heard(200), 400)).toBeCloseTo(-10, 0);
    expect(toneLevel(b.heard(200), 1_000)).toBeLessThan(-40);
    expect(toneLevel(a.heard(200), 1_500)).toBeCloseTo(-10, 0);
    talk(rig, 400, [a, sayA], [b, sayB]);
    expect(toneLevel(b.heard(200), 1_000)).toBeCloseTo(-10, 0);
  });

  it('keeps keys out of the sound, and tells of them', async () => {
    const rig = mediaRig();
    const [a, b] = [await far(rig, 0), await far(rig, 1)];
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    const say = speaker(1_000);
    talk(rig, 200, [a, say]);
    const key = new DtmfSender('7', 1_600, 200);
    for (let i = 0; !key.done; i++) {
      const payload = new Uint8Array(4);
      writeTelephoneEvent(payload, 0, key.next());
      a.say(new Int16Array(0), { payloadType: 101, timestamp: 1_600, payload });
      rig.clock.advance(20);
    }
    expect(rig.of('dtmf')).toEqual([{ kind: 'dtmf', leg: a.leg, digit: '7', via: 'rfc4733', durationMs: 200 }]);
    expect(silent(b.heard(40))).toBe(true);
    expect(b.rtp().every(({ payloadType }) => payloadType === 0)).toBe(true);
    talk(rig, 300, [a, say]);
    expect(toneLevel(b.heard(100), 1_000)).toBeCloseTo(-10, 0);
  });

  it('can be recorded on each side', async () => {
    const rig = mediaRig();
    const [a, b] = [await far(rig, 0), await far(rig, 1)];
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    rig.engine.send({ kind: 'record', leg: a.leg, job: 'a', side: 'apart', maxMs: 600 });
    rig.engine.send({ kind: 'record', leg: b.leg, job: 'b', side: 'mixed', maxMs: 600 });
    talk(rig, 700, [a, speaker(1_000)], [b, speaker(1_500)]);
    const [first, second] = rig.of('job.done');
    const late = (pcm: Int16Array | undefined): Int16Array => pcm!.subarray(300 * 8);
    expect(first!.recording!.pcm).toHaveLength(600 * 8);
    expect(first!.recordingOut!.pcm).toHaveLength(600 * 8);
    expect(toneLevel(late(first!.recording!.pcm), 1_000)).toBeCloseTo(-10, 0);
    expect(toneLevel(late(first!.recording!.pcm), 1_500)).toBeLessThan(-40);
    expect(toneLevel(late(first!.recordingOut!.pcm), 1_500)).toBeCloseTo(-10, 0);
    expect(toneLevel(late(second!.recording!.pcm), 1_000)).toBeCloseTo(-10, 0);
    expect(toneLevel(late(second!.recording!.pcm), 1_500)).toBeCloseTo(-10, 0);
    expect(second).not.toHaveProperty('recordingOut');
  });

  it('respects a far end on hold: it is neither heard nor spoken to', async () => {
    const rig = mediaRig();
    const [a, b] = [await far(rig, 0), await far(rig, 1)];
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    const [sayA, sayB] = [speaker(1_000), speaker(1_500)];
    talk(rig, 300, [a, sayA], [b, sayB]);
    rig.engine.send({
      kind: 'connect',
      leg: b.leg,
      session: { ...SESSION, remotePort: PEER_PORT + 2, direction: 'inactive' },
    });
    talk(rig, 300, [a, sayA], [b, sayB]);
    const packets = b.rtp().length;
    talk(rig, 200, [a, sayA], [b, sayB]);
    expect(b.rtp()).toHaveLength(packets);
    expect(silent(a.heard(200))).toBe(true);
    rig.engine.send({ kind: 'connect', leg: b.leg, session: { ...SESSION, remotePort: PEER_PORT + 2 } });
    talk(rig, 300, [a, sayA], [b, sayB]);
    expect(toneLevel(a.heard(100), 1_500)).toBeCloseTo(-10, 0);
  });

  it.each(['leave', 'close', 'bridge to another'] as const)('ends by %s, and the other hears silence', async (how) => {
    const rig = mediaRig();
    const [a, b, c] = [await far(rig, 0), await far(rig, 1), await far(rig, 2)];
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    const [sayA, sayB, sayC] = [speaker(1_000), speaker(1_500), speaker(700)];
    talk(rig, 300, [a, sayA], [b, sayB]);
    if (how === 'bridge to another') rig.engine.send({ kind: 'bridge', leg: c.leg, with: b.leg });
    else rig.engine.send({ kind: how, leg: b.leg });
    talk(rig, 300, [a, sayA], [b, sayB], [c, sayC]);
    expect(silent(a.heard(200))).toBe(true);
    if (how === 'bridge to another') expect(toneLevel(c.heard(200), 1_500)).toBeCloseTo(-10, 0);
  });

  it('is not made with itself nor with nobody, and leaves what there was', async () => {
    const rig = mediaRig();
    const [a, b] = [await far(rig, 0), await far(rig, 1)];
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: a.leg });
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: 'nobody' });
    rig.engine.send({ kind: 'bridge', leg: 'nobody', with: a.leg });
    talk(rig, 300, [a, speaker(1_000)]);
    expect(toneLevel(b.heard(100), 1_000)).toBeCloseTo(-10, 0);
  });

  it('skips the time of a stall on both sides alike', async () => {
    const rig = mediaRig();
    const [a, b] = [await far(rig, 0), await far(rig, 1)];
    rig.engine.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    const [sayA, sayB] = [speaker(1_000), speaker(1_500)];
    talk(rig, 400, [a, sayA], [b, sayB]);
    rig.clock.stall(400);
    talk(rig, 400, [a, sayA], [b, sayB]);
    expect(toneLevel(a.heard(100), 1_500)).toBeCloseTo(-10, 0);
    expect(toneLevel(b.heard(100), 1_000)).toBeCloseTo(-10, 0);
  });
});

describe('a conference', () => {
  async function conference(count: number, over: (i: number) => Partial<MediaSession> = () => ({})) {
    const rig = mediaRig();
    const members: Far[] = [];
    for (let i = 0; i < count; i++) {
      members.push(await far(rig, i, over(i)));
      rig.engine.send({ kind: 'join', leg: members[i]!.leg, conference: 'room' });
    }
    return { rig, members };
  }

  it('lets each hear all but itself, in its own law', async () => {
    const { rig, members } = await conference(3, (i) => ({ codec: i === 2 ? 'PCMA' : 'PCMU' }));
    const [a, b, c] = members as [Far, Far, Far];
    talk(rig, 500, [a, speaker(700)], [b, speaker(1_100)], [c, speaker(1_700)]);
    for (const [who, own, others] of [
      [a, 700, [1_100, 1_700]],
      [b, 1_100, [700, 1_700]],
      [c, 1_700, [700, 1_100]],
    ] as const) {
      expect(toneLevel(who.heard(200), own)).toBeLessThan(-35);
      for (const hz of others) expect(toneLevel(who.heard(200), hz)).toBeCloseTo(-10, 0);
    }
  });

  it('lets the loudest four be heard, and who stops makes room for another', async () => {
    const { rig, members } = await conference(7);
    const tones = [500, 700, 900, 1_100, 1_300, 1_500];
    const speaking = tones.map((hz, i): [Far, () => Int16Array] => [members[i]!, speaker(hz, -10 - 2 * i)]);
    talk(rig, 600, ...speaking);
    const listener = members[6]!;
    const levels = (): number[] => tones.filter((hz) => toneLevel(listener.heard(200), hz) > -30);
    expect(levels()).toEqual([500, 700, 900, 1_100]);
    // One who is not heard hears the four; one who is heard, three.
    expect(tones.filter((hz) => toneLevel(members[5]!.heard(200), hz) > -30)).toEqual([500, 700, 900, 1_100]);
    expect(tones.filter((hz) => toneLevel(members[0]!.heard(200), hz) > -30)).toEqual([700, 900, 1_100]);
    talk(rig, 1_000, ...speaking.slice(1));
    expect(levels()).toEqual([700, 900, 1_100, 1_300]);
  });

  it('leaves out whoever only makes the noise of a line', async () => {
    const { rig, members } = await conference(3);
    const [a, b, c] = members as [Far, Far, Far];
    talk(rig, 500, [a, speaker(700)], [b, speaker(1_100, -60)]);
    expect(toneLevel(c.heard(200), 1_100)).toBeLessThan(-63);
    talk(rig, 2_000, [b, speaker(1_100, -60)]);
    expect(silent(c.heard(200))).toBe(true);
  });

  it('clips what is too loud together, without wrapping around', async () => {
    const { rig, members } = await conference(4);
    const [a, b, c, d] = members as [Far, Far, Far, Far];
    const loud = (): Int16Array => new Int16Array(160).fill(30_000);
    talk(rig, 400, [a, loud], [b, loud], [c, loud]);
    expect(Math.min(...d.heard(100))).toBeGreaterThan(31_000);
    expect(Math.min(...a.heard(100))).toBeGreaterThan(31_000);
  });

  it('mutes who hears and is not heard, from the start or later, and back', async () => {
    const { rig, members } = await conference(2);
    const [a, b] = members as [Far, Far];
    const [sayA, sayB] = [speaker(700), speaker(1_100)];
    rig.engine.send({ kind: 'join', leg: a.leg, conference: 'room', muted: true });
    talk(rig, 500, [a, sayA], [b, sayB]);
    expect(silent(b.heard(200))).toBe(true);
    expect(toneLevel(a.heard(200), 1_100)).toBeCloseTo(-10, 0);
    rig.engine.send({ kind: 'join', leg: a.leg, conference: 'room' });
    talk(rig, 500, [a, sayA], [b, sayB]);
    expect(toneLevel(b.heard(200), 700)).toBeCloseTo(-10, 0);
  });

  it('is left for another, for a bridge, or by the end of the leg', async () => {
    const { rig, members } = await conference(5);
    const [a, b, c, d, e] = members as [Far, Far, Far, Far, Far];
    rig.engine.send({ kind: 'join', leg: b.leg, conference: 'other' });
    rig.engine.send({ kind: 'bridge', leg: c.leg, with: d.leg });
    rig.engine.send({ kind: 'close', leg: e.leg });
    talk(rig, 500, [a, speaker(700)], [b, speaker(1_100)], [c, speaker(1_700)]);
    for (const alone of [a, b]) expect(silent(alone.heard(200))).toBe(true);
    expect(toneLevel(d.heard(200), 1_700)).toBeCloseTo(-10, 0);
    rig.engine.send({ kind: 'join', leg: a.leg, conference: 'other' });
    talk(rig, 500, [a, speaker(700)]);
    expect(toneLevel(b.heard(200), 700)).toBeCloseTo(-10, 0);
  });

  it('of a hundred has every one of them hear the speakers', async () => {
    const { rig, members } = await conference(100, (i) => ({ codec: i % 2 ? 'PCMA' : 'PCMU' }));
    talk(rig, 400, [members[0]!, speaker(700)], [members[1]!, speaker(1_100)]);
    for (const [i, member] of members.entries()) {
      if (i !== 0) expect(toneLevel(member.heard(200), 700)).toBeCloseTo(-10, 0);
      if (i !== 1) expect(toneLevel(member.heard(200), 1_100)).toBeCloseTo(-10, 0);
    }
  });
});
