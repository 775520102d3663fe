/** The limits of ITU-T Q.24 (table 1: those of AT&T and NTT where they differ, the stricter that we can keep). */
import { describe, expect, it } from 'vitest';
import { DtmfDetector } from '#voice/codecs/dtmf-detector.js';
import { encodedKey, HIGH_GROUP, keyOf, LOW_GROUP } from '#voice/codecs/dtmf-tones.js';
import { decodeG711, encodeG711 } from '#voice/codecs/g711.js';
import { generateTones } from '#voice/codecs/tones.js';
import { seededRandom } from '#voice/fuzz/random.fixture.js';

const silence = (ms: number): Int16Array => new Int16Array(ms * 8);
const join = (...parts: Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((part) => [...part]));

interface Press {
  low?: number;
  high?: number;
  lowDBm0?: number;
  highDBm0?: number;
  /** Ratio to the nominal frequencies. */
  off?: number;
  offHigh?: number;
  ms?: number;
}

function tones({
  low = 1,
  high = 1,
  lowDBm0 = -10,
  highDBm0 = -10,
  off = 1,
  offHigh = off,
  ms = 100,
}: Press): Int16Array {
  return generateTones(
    [
      { hz: LOW_GROUP[low]! * off, dBm0: lowDBm0 },
      { hz: HIGH_GROUP[high]! * offHigh, dBm0: highDBm0 },
    ],
    ms,
  );
}

/** What is found in it, through µ-law, as `digit:duration`; the frames begin `shift` samples into it. */
function found(pcm: Int16Array, shift = 0): { digit: string; durationMs: number }[] {
  const presses: { digit: string; durationMs: number }[] = [];
  const pressed: string[] = [];
  const detector = new DtmfDetector({
    pressed: (digit) => pressed.push(digit),
    released: (press) => presses.push(press),
  });
  const line = decodeG711(encodeG711(join(new Int16Array(shift), pcm, silence(100)), 'PCMU'), 'PCMU');
  for (let at = 0; at + 160 <= line.length; at += 160) detector.heard(line.subarray(at, at + 160));
  detector.reset();
  expect(presses.map(({ digit }) => digit)).toEqual(pressed);
  return presses;
}

const digits = (pcm: Int16Array, shift = 0): string =>
  found(pcm, shift)
    .map(({ digit }) => digit)
    .join('');

/** However the frames fall. */
const SHIFTS = Array.from({ length: 16 }, (_, i) => i * 10);
const ALL = LOW_GROUP.flatMap((_, low) => HIGH_GROUP.map((__, high) => ({ low, high, digit: keyOf(low, high) })));

describe('DTMF in band', () => {
  it('hears all sixteen keys, once each, and how long they were', () => {
    for (const { low, high, digit } of ALL) {
      const [press, ...more] = found(tones({ low, high }));
      expect(press?.digit).toBe(digit);
      expect(more).toEqual([]);
      expect(Math.abs(press!.durationMs - 100)).toBeLessThanOrEqual(10);
    }
  });

  it('hears what we send ourselves, in both laws', () => {
    for (const law of ['PCMU', 'PCMA'] as const) {
      const line = join(
        ...[...'159*0#D'].flatMap((digit) => [decodeG711(encodedKey(digit, law, 100), law), silence(100)]),
      );
      expect(digits(line)).toBe('159*0#D');
    }
  });

  it('takes frequencies that are 1.5 % off, and not 3.5 %', () => {
    for (const { low, high, digit } of ALL) {
      for (const off of [0.985, 1.015]) {
        expect(digits(tones({ low, high, off }))).toBe(digit);
        expect(digits(tones({ low, high, off, offHigh: 2 - off }))).toBe(digit);
      }
      for (const off of [0.965, 1.035]) {
        expect(digits(tones({ low, high, off }))).toBe('');
        expect(digits(tones({ low, high, off, offHigh: 1 }))).toBe('');
        expect(digits(tones({ low, high, off: 1, offHigh: off }))).toBe('');
      }
    }
  });

  it('takes levels from 0 to -25 dBm0, and nothing below -50', () => {
    for (const { low, high, digit } of ALL) {
      for (const dBm0 of [0, -3, -25]) expect(digits(tones({ low, high, lowDBm0: dBm0, highDBm0: dBm0 }))).toBe(digit);
      expect(digits(tones({ low, high, lowDBm0: -50, highDBm0: -50 }))).toBe('');
    }
  });

  it('takes the high group 4 dB louder or the low one 8 dB, and not much more', () => {
    for (const { low, high, digit } of ALL) {
      expect(digits(tones({ low, high, lowDBm0: -12, highDBm0: -8 }))).toBe(digit);
      expect(digits(tones({ low, high, lowDBm0: -6, highDBm0: -14 }))).toBe(digit);
      expect(digits(tones({ low, high, lowDBm0: -20, highDBm0: -10 }))).toBe('');
      expect(digits(tones({ low, high, lowDBm0: -5, highDBm0: -18 }))).toBe('');
    }
  });

  it('takes 40 ms, and not 23 ms', () => {
    for (const { low, high, digit } of ALL) {
      for (const shift of SHIFTS) {
        expect(digits(tones({ low, high, ms: 40 }), shift)).toBe(digit);
        expect(digits(tones({ low, high, ms: 23 }), shift)).toBe('');
      }
    }
  });

  it('tells two presses of a key by a pause of 40 ms, and passes over a gap of 10 ms', () => {
    for (const { low, high, digit } of ALL) {
      const key = tones({ low, high, ms: 50 });
      for (const shift of SHIFTS) {
        expect(digits(join(key, silence(40), key), shift)).toBe(digit + digit);
        expect(digits(join(key, silence(10), key), shift)).toBe(digit);
      }
    }
  });

  it('hears keys that follow each other at 10 a second', () => {
    const line = join(...[...ALL].flatMap(({ low, high }) => [tones({ low, high, ms: 50 }), silence(50)]));
    for (const shift of SHIFTS) expect(digits(line, shift)).toBe(ALL.map(({ digit }) => digit).join(''));
  });

  it('hears keys in noise 15 dB below them', () => {
    const random = seededRandom(4);
    const noise = (pcm: Int16Array): Int16Array => pcm.map((sample) => sample + (random() - 0.5) * 2 * 1_900);
    let heard = 0;
    for (let i = 0; i < 10; i++) {
      for (const { low, high, digit } of ALL) if (digits(noise(tones({ low, high, ms: 60 }))) === digit) heard++;
    }
    expect(heard).toBeGreaterThanOrEqual(158);
  });

  it('hears none in dial tone, ringing, single tones, sweeps, noise and a buzz with harmonics', () => {
    const random = seededRandom(5);
    const of = (...hz: number[]): Int16Array =>
      generateTones(
        hz.map((f) => ({ hz: f, dBm0: -10 })),
        2_000,
      );
    const sweep = Int16Array.from(
      { length: 32_000 },
      (_, i) => 8_000 * Math.sin(2 * Math.PI * (300 + i / 40) * (i / 8_000)),
    );
    const buzz = (f0: number): Int16Array =>
      of(...Array.from({ length: 20 }, (_, k) => f0 * (k + 1)).filter((hz) => hz < 3_900));
    const sounds = [of(350, 440), of(440, 480), of(480, 620), of(1_100), of(2_100), of(697), of(1_209), of(950), sweep];
    for (let f0 = 80; f0 < 400; f0 += 7) sounds.push(buzz(f0));
    sounds.push(Int16Array.from({ length: 80_000 }, () => (random() - 0.5) * 20_000));
    for (const sound of sounds) expect(digits(sound)).toBe('');
  });

  it('ends a press where sound is missing', () => {
    const presses: string[] = [];
    const detector = new DtmfDetector({ pressed: () => undefined, released: ({ digit }) => presses.push(digit) });
    detector.heard(tones({ ms: 100 }));
    expect(presses).toEqual([]);
    detector.reset();
    detector.reset();
    expect(presses).toEqual(['5']);
  });
});
