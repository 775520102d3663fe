import { expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '#voice/codecs/g711.js';
import { generateTones, level, strongestTone, toneLevel } from '#voice/codecs/tones.js';

it.each([
  [440, -10],
  [1_004, 0],
  [2_100, -12],
  [3_400, -30],
])('measures the tone of %d Hz at %d dBm0 that it made', (hz, dBm0) => {
  const pcm = generateTones([{ hz, dBm0 }], 500);
  const found = strongestTone(pcm);
  expect(Math.abs(found.hz - hz)).toBeLessThanOrEqual(2);
  expect(found.dBm0).toBeCloseTo(dBm0, 0);
  expect(level(pcm)).toBeCloseTo(dBm0, 1);
});

it.each(['PCMU', 'PCMA'] as const)('finds a tone unharmed by %s', (law) => {
  const pcm = generateTones([{ hz: 1_000, dBm0: -10 }], 500);
  const found = strongestTone(decodeG711(encodeG711(pcm, law), law));
  expect(Math.abs(found.hz - 1_000)).toBeLessThanOrEqual(2);
  expect(found.dBm0).toBeCloseTo(-10, 0);
});

it('tells the parts of a sum apart', () => {
  const pcm = generateTones(
    [
      { hz: 697, dBm0: -8 },
      { hz: 1_209, dBm0: -6 },
    ],
    200,
  );
  expect(toneLevel(pcm, 697)).toBeCloseTo(-8, 0);
  expect(toneLevel(pcm, 1_209)).toBeCloseTo(-6, 0);
  expect(toneLevel(pcm, 2_500)).toBeLessThan(-40);
});

it('clips what is too loud and knows silence', () => {
  expect(generateTones([{ hz: 1_000, dBm0: 20 }], 20).every((sample) => Math.abs(sample) <= 32_768)).toBe(true);
  expect(level(new Int16Array(160))).toBe(-Infinity);
});
