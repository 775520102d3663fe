import { describe, expect, test } from 'vitest';
import { babble } from './babble.js';
import { compareWithPrompt, findPrompt } from './compare-prompt.js';
import { decode, encode } from './g711.js';
import type { HeardSound } from './rtp-receiver.js';
import { FRAME_SAMPLES, levelDbm0, measureTone, tone } from './tones.js';

function heardAs(parts: readonly (Int16Array | number)[], gain = 1): HeardSound {
  const samples = parts.flatMap((part) => (typeof part === 'number' ? new Array<number>(part * 8).fill(0) : [...part]));
  const pcm = decode(
    'PCMU',
    encode(
      'PCMU',
      Int16Array.from(samples, (sample) => sample * gain),
    ),
  );
  const received = new Uint8Array(pcm.length).fill(1);
  return { pcm, received, packets: pcm.length / 160, lostPackets: 0, duplicates: 0, reordered: 0 };
}

const prompt = babble(4000);
const cut = (fromMs: number, toMs?: number): Int16Array =>
  prompt.subarray(fromMs * 8, toMs === undefined ? undefined : toMs * 8);

test('a prompt that arrived whole differs in nothing', () => {
  const comparison = compareWithPrompt(heardAs([733, prompt, 2000]), prompt);
  expect(comparison).toMatchObject({ atMs: 733, lengthDifferenceMs: 0, missing: [], lost: [] });
  expect(comparison.correlation).toBeGreaterThan(0.99);
  expect(Math.abs(comparison.levelDifferenceDb)).toBeLessThan(0.1);
});

test('level, in dB', () => {
  expect(compareWithPrompt(heardAs([100, prompt, 100], 0.5), prompt).levelDifferenceDb).toBeCloseTo(-6.02, 1);
});

test.each([
  { name: 'skipped', parts: [200, cut(0, 2000), cut(2060), 300], difference: -60 },
  { name: 'inserted', parts: [200, cut(0, 2000), 80, cut(2000), 300], difference: 80 },
])('sound that was $name in the middle changes the length', ({ parts, difference }) => {
  expect(compareWithPrompt(heardAs(parts), prompt).lengthDifferenceMs).toBeCloseTo(difference, 0);
});

test.each([
  { name: 'the beginning', parts: [500, cut(1000), 500], from: 0, to: 1000 },
  { name: 'the end', parts: [500, cut(0, 3000), 500], from: 3000, to: 4000 },
  { name: 'a word', parts: [500, cut(0, 1500), 500, cut(2000), 500], from: 1500, to: 2000 },
])('$name that is missing is found', ({ parts, from, to }) => {
  const { missing } = compareWithPrompt(heardAs(parts), prompt);
  expect(missing[0]?.fromMs).toBeLessThanOrEqual(from + 100);
  expect(missing[0]?.fromMs).toBeGreaterThanOrEqual(from - 100);
  expect(missing.at(-1)?.toMs).toBeGreaterThanOrEqual(to - 200);
  expect(missing.at(-1)?.toMs).toBeLessThanOrEqual(to + 100);
});

test('what the network lost is not held against the far end', () => {
  const heard = heardAs([300, prompt, 300]);
  for (let frame = 0; frame * FRAME_SAMPLES < heard.pcm.length; frame++)
    if (frame % 5 === 0 || (frame >= 60 && frame < 80)) {
      heard.pcm.fill(0, frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES);
      heard.received.fill(0, frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES);
    }
  const comparison = compareWithPrompt(heard, prompt);
  expect(comparison.missing).toEqual([]);
  expect(comparison.lost.length).toBeGreaterThan(0);
  expect(comparison.lengthDifferenceMs).toBe(0);
  expect(Math.abs(comparison.levelDifferenceDb)).toBeLessThan(0.2);
});

test('every repetition is found', () => {
  const found = findPrompt(heardAs([300, prompt, 1500, prompt, 1000]), prompt);
  expect(found.map(({ atMs }) => atMs)).toEqual([300, 5800]);
});

test('another prompt, and silence, are not taken for it', () => {
  expect(() => compareWithPrompt(heardAs([6000]), prompt)).toThrow('was not heard');
  const other = findPrompt(heardAs([100, babble(4000, 99), 100]), prompt);
  for (const { missing } of other) expect(missing.length).toBeGreaterThan(0);
});

describe('tones', () => {
  test.each([
    { hz: 440, dbm0: -10 },
    { hz: 1004, dbm0: 0 },
    { hz: 2733, dbm0: -30 },
  ])('$hz Hz at $dbm0 dBm0 is measured through either law', ({ hz, dbm0 }) => {
    for (const codec of ['PCMU', 'PCMA'] as const) {
      const pcm = new Int16Array(16000);
      pcm.set(decode(codec, encode(codec, tone(hz, dbm0, 1000))), 4000);
      const measured = measureTone(pcm);
      expect(Math.abs((measured?.hz ?? 0) - hz)).toBeLessThan(1);
      expect(Math.abs((measured?.dbm0 ?? 0) - dbm0)).toBeLessThan(0.3);
      expect(measured?.ms).toBe(1000);
    }
  });

  test('silence has no tone', () => {
    expect(measureTone(new Int16Array(8000))).toBeUndefined();
    expect(levelDbm0(new Int16Array(8000))).toBe(-Infinity);
  });
});

test('G.711 by the vectors of its tables', () => {
  expect([...decode('PCMU', Uint8Array.of(0x00, 0x80, 0xff, 0x7f, 0xce, 0x0f))]).toEqual(
    [-32124, 32124, 0, -0, 988, -16764].map((value) => value + 0),
  );
  expect([...decode('PCMA', Uint8Array.of(0x2a, 0xaa, 0xd5, 0x55))]).toEqual([-32256, 32256, 8, -8]);
  for (const codec of ['PCMU', 'PCMA'] as const)
    for (let byte = 0; byte < 256; byte++) {
      const value = decode(codec, Uint8Array.of(byte));
      expect([...decode(codec, encode(codec, value))]).toEqual([...value]);
    }
});
