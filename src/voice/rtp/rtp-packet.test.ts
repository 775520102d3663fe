import { describe, expect, it } from 'vitest';
import { parseRtp, writeRtpHeader } from '#voice/rtp/rtp-packet.js';

const payload = [1, 2, 3, 4];
const header = (first: number, second: number): number[] => [
  first,
  second,
  0xff,
  0xfe,
  0x80,
  0,
  0,
  1,
  0xde,
  0xad,
  0xbe,
  0xef,
];

describe('parseRtp', () => {
  it('reads what writeRtpHeader wrote', () => {
    const packet = new Uint8Array([...new Uint8Array(12), ...payload]);
    writeRtpHeader(packet, 101, true, 0xfffe, 0x8000_0001, 0xdead_beef);
    expect([...packet.subarray(0, 12)]).toEqual(header(0x80, 0x80 | 101));
    expect(parseRtp(packet)).toEqual({
      payloadType: 101,
      marker: true,
      sequence: 0xfffe,
      timestamp: 0x8000_0001,
      ssrc: 0xdead_beef,
      payload: Uint8Array.from(payload),
    });
  });

  it.each([
    ['contributing sources', [...header(0x82, 0), 0, 0, 0, 7, 0, 0, 0, 8, ...payload]],
    ['a header extension', [...header(0x90, 0), 0xbe, 0xde, 0, 1, 9, 9, 9, 9, ...payload]],
    ['padding', [...header(0xa0, 0), ...payload, 0, 0, 3]],
    ['all three', [...header(0xb1, 0), 0, 0, 0, 7, 0xbe, 0xde, 0, 0, ...payload, 1]],
  ])('takes off %s', (_what, octets) => {
    expect(parseRtp(Uint8Array.from(octets))?.payload).toEqual(Uint8Array.from(payload));
  });

  it.each([
    ['nothing', []],
    ['a short header', header(0x80, 0).slice(0, 11)],
    ['another version', [...header(0x40, 0), ...payload]],
    ['STUN', [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0]],
    ['RTCP', [...header(0x80, 200), ...payload]],
    ['sources past its end', header(0x8f, 0)],
    ['an extension past its end', [...header(0x90, 0), 0xbe, 0xde, 0xff, 0xff]],
    ['an extension without length', [...header(0x90, 0), 0xbe]],
    ['padding longer than the rest', [...header(0xa0, 0), 9]],
    ['padding of no length', [...header(0xa0, 0), 1, 2, 0]],
  ])('refuses %s', (_what, octets) => {
    expect(parseRtp(Uint8Array.from(octets))).toBeUndefined();
  });
});
