import { describe, expect, it } from 'vitest';
import { meanOpinionScore } from '#voice/rtp/voice-quality.js';

const good = { lossRatio: 0, burstRatio: 1, delayMs: 100 };

describe('the mean opinion score', () => {
  it('is the best of G.711 without delay and loss, and 1 with nothing heard', () => {
    expect(meanOpinionScore({ ...good, delayMs: 0 })).toBe(4.41);
    expect(meanOpinionScore({ ...good, lossRatio: 1 })).toBeLessThan(1.4);
    expect(meanOpinionScore({ lossRatio: 1, burstRatio: 50, delayMs: 2_000 })).toBe(1);
  });

  it('falls slowly with delay up to 177 ms and faster after it', () => {
    const at = (delayMs: number): number => meanOpinionScore({ ...good, delayMs });
    expect(at(0) - at(150)).toBeLessThan(0.1);
    expect(at(150) - at(400)).toBeGreaterThan(0.5);
  });

  it('falls with loss, and more where losses come together', () => {
    const scores = [0, 0.01, 0.03, 0.05, 0.1, 0.2].map((lossRatio) => meanOpinionScore({ ...good, lossRatio }));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores[1]).toBeGreaterThan(4);
    expect(scores[4]).toBeLessThan(2.7);
    expect(meanOpinionScore({ ...good, lossRatio: 0.03, burstRatio: 3 })).toBeLessThan(scores[2]!);
  });
});
