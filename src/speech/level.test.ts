import { expect, it } from 'vitest';
import { normaliseLevel, speechLevel } from '#speech/level.js';

function tone(seconds: number, amplitude: number): Int16Array {
  return Int16Array.from(
    { length: seconds * 8_000 },
    (_, at) => amplitude * Math.sin((2 * Math.PI * 400 * at) / 8_000),
  );
}

function peak(pcm: Int16Array): number {
  return pcm.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
}

it('measures a full-scale sine at −3 dB and silence at none', () => {
  expect(speechLevel(tone(1, 32767))).toBeCloseTo(-3.01, 1);
  expect(speechLevel(new Int16Array(800))).toBe(-Infinity);
  expect(speechLevel(new Int16Array(0))).toBe(-Infinity);
});

it('does not count pauses', () => {
  const withPauses = new Int16Array(5 * 8_000);
  withPauses.set(tone(1, 3_000), 8_000);
  withPauses.set(tone(1, 3_000), 3 * 8_000);
  expect(speechLevel(withPauses)).toBeCloseTo(speechLevel(tone(1, 3_000)), 1);
});

it.each([1_000, 3_000, 10_000, 32_000])('brings an amplitude of %i to −20 dB', (amplitude) => {
  expect(speechLevel(normaliseLevel(tone(1, amplitude)))).toBeCloseTo(-20, 1);
});

it('raises what is faint by 20 dB at most, and silence not at all', () => {
  expect(peak(normaliseLevel(tone(1, 40)))).toBe(400);
  expect(peak(normaliseLevel(new Int16Array(800)))).toBe(0);
});

it('stays below full scale where a peak stands out, and leaves its input alone', () => {
  const pcm = tone(1, 500);
  pcm[4_000] = 20_000;
  const before = pcm.slice();
  expect(peak(normaliseLevel(pcm))).toBe(29_204);
  expect(pcm).toEqual(before);
});
