import { expect, test } from 'vitest';
import { encode } from './g711.js';
import { LossPattern } from './loss.js';
import { formatEvent, formatRtp, parseRtp, type RtpPacket } from './rtp-packet.js';
import { RtpReceiver } from './rtp-receiver.js';
import { tone } from './tones.js';

const sound = tone(440, -10, 200);
const BASE = { payloadType: 0, marker: false, ssrc: 9, payload: Buffer.alloc(0) };

/** Ten packets of one tone, their numbers and time stamps running over the edge. */
function packets(): RtpPacket[] {
  return Array.from({ length: 10 }, (_, n) => ({
    ...BASE,
    sequence: (0xfffb + n) & 0xffff,
    timestamp: (0xffffff00 + n * 160) >>> 0,
    payload: encode('PCMU', sound.subarray(n * 160, n * 160 + 160)),
  }));
}

function heardFrom(list: readonly (RtpPacket | undefined)[]): RtpReceiver {
  const receiver = new RtpReceiver();
  receiver.eventPayload = 101;
  for (const packet of list) if (packet) receiver.receive(packet);
  return receiver;
}

test('sound is laid out by time stamp, over the wrap of both counters', () => {
  const inOrder = heardFrom(packets());
  expect(inOrder.heard()).toMatchObject({ packets: 10, lostPackets: 0, duplicates: 0, reordered: 0 });
  expect(inOrder.heard().pcm).toHaveLength(1600);
  expect([...inOrder.complaints]).toEqual([]);

  const [a, b, c, ...rest] = packets();
  const disordered = heardFrom([b, a, c, c, ...rest]);
  expect(disordered.heard()).toMatchObject({ packets: 10, lostPackets: 0, duplicates: 1, reordered: 1 });
  expect(disordered.heard().pcm).toEqual(inOrder.heard().pcm);
});

test('what a sender skips by whole packet times, and marks, is no part of what it said', () => {
  const [first, rest] = [packets().slice(0, 4), packets().slice(4)];
  const later = (samples: number, marker: boolean): RtpPacket[] =>
    rest.map((packet, n) => ({
      ...packet,
      timestamp: (packet.timestamp + samples) >>> 0,
      marker: marker && n === 0,
    }));
  const whole = heardFrom(packets()).heard();
  const skipped = heardFrom([...first, ...later(800, true)]);
  expect(skipped.heard().pcm).toEqual(whole.pcm);
  expect(skipped.heard(100).pcm).toEqual(whole.pcm.subarray(6 * 160 - 160));
  expect(skipped.heard(0, 'kept').pcm).toHaveLength(2400);
  expect([...skipped.complaints]).toEqual([]);
  // What is not marked, no whole packet, or follows a loss, is a gap.
  expect(heardFrom([...first, ...later(800, false)]).heard().pcm).toHaveLength(2400);
  expect(heardFrom([...first, ...later(100, true)]).heard().pcm).toHaveLength(1700);
  expect(heardFrom([...first, ...later(800, true).slice(1)]).heard().pcm).toHaveLength(2400);
});

test('what was lost is silent, counted, and marked as not received', () => {
  const list = packets();
  const { pcm, received, lostPackets } = heardFrom([...list.slice(0, 3), ...list.slice(5)]).heard();
  expect([pcm.length, lostPackets]).toEqual([1600, 2]);
  expect(received.reduce((sum, flag) => sum + flag, 0)).toBe(1280);
  expect([...pcm.subarray(480, 800)].every((sample) => sample === 0)).toBe(true);
});

test('a digit is one digit whichever of its packets are lost', () => {
  const event = (sequence: number, timestamp: number, digit: string, end: boolean, duration: number): RtpPacket => ({
    ...BASE,
    ...{ payloadType: 101, sequence, timestamp, payload: formatEvent(digit, end, duration) },
  });
  const receiver = heardFrom([
    event(1, 1000, '5', false, 160),
    event(3, 1000, '5', true, 800),
    event(4, 1000, '5', true, 800),
    event(9, 4000, '5', false, 160),
    event(12, 8000, '#', true, 480),
  ]);
  expect(receiver.digits).toEqual([
    { digit: '5', via: 'rfc4733', durationMs: 100, ends: 2 },
    { digit: '5', via: 'rfc4733', durationMs: 20, ends: 0 },
    { digit: '#', via: 'rfc4733', durationMs: 60, ends: 1 },
  ]);
});

test('a sender that breaks rules is complained of', () => {
  const [first, second] = packets();
  if (!first || !second) throw new Error('two packets are needed');
  const complaints = (packet: RtpPacket): string[] => [...heardFrom([first, packet]).complaints];
  expect(complaints({ ...second, ssrc: 10 })).toEqual(['the SSRC changed during the call']);
  expect(complaints({ ...second, payloadType: 8 })).toEqual(['payload type 8 was not agreed']);
  expect(complaints({ ...second, timestamp: first.timestamp + 80 })).toEqual([
    'timestamps of consecutive packets overlap',
  ]);
});

test('RTP with padding, extension and contributing sources is read; RTCP is left alone', () => {
  const payload = Buffer.from([1, 2, 3, 4]);
  const plain = formatRtp({ ...BASE, marker: true, sequence: 7, timestamp: 8, payload });
  expect(parseRtp(plain)).toEqual({ ...BASE, marker: true, sequence: 7, timestamp: 8, payload });
  const dressed = Buffer.concat([
    plain.subarray(0, 12),
    Buffer.from([0, 0, 0, 1, 0xbe, 0xde, 0, 1, 9, 9, 9, 9]),
    payload,
    Buffer.from([0, 2]),
  ]);
  dressed.writeUInt8(0x80 | 0x20 | 0x10 | 1, 0);
  expect(parseRtp(dressed)?.payload).toEqual(payload);
  expect(parseRtp(Buffer.from([0x80, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))).toBeUndefined();
  expect(() => parseRtp(Buffer.from('hello, world'))).toThrow('not RTP');
});

test('a pattern of loss depends on its seed, and each flow has its own', () => {
  const pattern = (seed: number, flow: 'rtp-in' | 'signalling-out'): boolean[] => {
    const loss = new LossPattern({ percent: 20, seed });
    return Array.from({ length: 2000 }, () => loss.loses(flow));
  };
  expect(pattern(1, 'rtp-in')).toEqual(pattern(1, 'rtp-in'));
  expect(pattern(1, 'rtp-in')).not.toEqual(pattern(2, 'rtp-in'));
  expect(pattern(1, 'rtp-in')).not.toEqual(pattern(1, 'signalling-out'));
  const lost = pattern(1, 'rtp-in').filter(Boolean).length;
  expect(lost).toBeGreaterThan(340);
  expect(lost).toBeLessThan(460);
  const only = new LossPattern({ percent: 100, seed: 1, of: 'rtp', direction: 'in' });
  expect([only.loses('rtp-in'), only.loses('rtp-out'), only.loses('signalling-in')]).toEqual([true, false, false]);
});
