import { expect, it } from 'vitest';
import { PHONE_RATE, resampleToPhone } from '#speech/resample.js';

const AMPLITUDE = 10_000;

/** Level of the middle of a second of tone after resampling, in dB against what went in. */
function response(hertz: number, rate: number): number {
  const pcm = Int16Array.from({ length: rate }, (_, at) => AMPLITUDE * Math.sin((2 * Math.PI * hertz * at) / rate));
  const middle = resampleToPhone(pcm, rate).subarray(1_000, 7_000);
  const rms = Math.sqrt(middle.reduce((sum, sample) => sum + sample ** 2, 0) / middle.length);
  return 20 * Math.log10((rms * Math.SQRT2) / AMPLITUDE);
}

it.each([11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 44_101])(
  'from %i: flat over what a phone carries, and nothing folds back from above',
  (rate) => {
    for (const hertz of [100, 300, 1_000, 2_000, 3_000, 3_400])
      expect(Math.abs(response(hertz, rate))).toBeLessThan(0.1);
    for (const hertz of [4_000, 4_500, 5_000, 7_000, 11_000, 20_000]) {
      if (hertz < rate / 2) expect(response(hertz, rate)).toBeLessThan(-60);
    }
  },
);

it.each([4_000, 6_000])('from %i: no pictures above the old band', (rate) => {
  expect(Math.abs(response(300, rate))).toBeLessThan(0.1);
  expect(Math.abs(response(rate * 0.4, rate))).toBeLessThan(0.1);
});

it.each([8_000, 11_025, 16_000, 44_100, 48_000])('from %i: as long as before, and in time', (rate) => {
  const pcm = new Int16Array(rate * 2);
  pcm.fill(AMPLITUDE, rate, rate * 2);
  const phone = resampleToPhone(pcm, rate);
  expect(phone).toHaveLength(2 * PHONE_RATE);
  const rise = phone.findIndex((sample) => sample > AMPLITUDE / 2);
  expect(Math.abs(rise - PHONE_RATE)).toBeLessThanOrEqual(1);
});

it('keeps nothing as nothing, and does not wrap around at full scale', () => {
  expect(resampleToPhone(new Int16Array(0), 16_000)).toHaveLength(0);
  const square = Int16Array.from({ length: 16_000 }, (_, at) => (Math.floor(at / 40) % 2 ? 32767 : -32768));
  const phone = resampleToPhone(square, 16_000);
  // Overshoot is cut: in the middle of each half the sign is still that of the input.
  for (let half = 10; half < 390; half++) {
    expect(Math.sign(phone[half * 20 + 10]!)).toBe(half % 2 ? 1 : -1);
  }
});
