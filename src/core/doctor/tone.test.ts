import { describe, expect, it } from 'vitest';
import { makeTone, measureTone } from '#core/doctor/tone.js';

function join(...parts: Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

describe('measuring a tone', () => {
  it.each([
    [600, -10],
    [1000, -20],
    [1007, -3],
  ])('of %i Hz at %i dB', (hz, levelDb) => {
    const tone = measureTone(join(new Int16Array(4_000), makeTone(hz, 1_000, levelDb), new Int16Array(800)), 1_000);
    const near = measureTone(makeTone(hz, 1_000, levelDb), hz);
    expect(near?.hz).toBe(hz);
    expect(near?.levelDb).toBeCloseTo(levelDb, 1);
    expect(near?.purity).toBeGreaterThan(0.99);
    if (hz > 900) expect(tone?.hz).toBe(hz);
    else expect(tone?.purity).toBeLessThan(0.1);
  });

  it('finds none in silence or in a recording that is too short', () => {
    expect(measureTone(new Int16Array(8_000), 1_000)).toBeUndefined();
    expect(measureTone(makeTone(1_000, 100, -10), 1_000)).toBeUndefined();
  });

  it('is not fooled by noise', () => {
    let seed = 1;
    const noise = Int16Array.from({ length: 8_000 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return (seed % 20_000) - 10_000;
    });
    expect(measureTone(noise, 1_000)?.purity).toBeLessThan(0.1);
  });
});
