import { describe, expect, it } from 'vitest';
import { HeldClock } from '#voice/media/media-rig.test.support.js';
import { MediaTicker } from '#voice/media/media-ticker.js';

function ticker(): { clock: HeldClock; beat: MediaTicker; log: string[] } {
  const clock = new HeldClock(0);
  const log: string[] = [];
  const beat = new MediaTicker(clock, {
    tick: (phase) => log.push(`${phase}@${clock.now()}`),
    skip: (packetTimes) => log.push(`skip ${packetTimes}`),
  });
  beat.start();
  return { clock, beat, log };
}

describe('MediaTicker', () => {
  it('ticks every 10 ms, the phases in turn', () => {
    const { clock, log } = ticker();
    clock.advance(45);
    expect(log).toEqual(['0@10', '1@20', '0@30', '1@40']);
  });

  it('catches up with five ticks at most, and keeps its deadlines', () => {
    const { clock, log, beat } = ticker();
    clock.stall(57);
    expect(log).toEqual(['0@57', '1@57', '0@57', '1@57', '0@57']);
    log.length = 0;
    clock.advance(13);
    expect(log).toEqual(['1@60', '0@70']);
    expect(beat.lagMs).toBeGreaterThan(0);
  });

  it.each([
    [60, 1, 4],
    [69, 1, 4],
    [70, 1, 5],
    [80, 2, 4],
    [1_010, 48, 5],
    [3_600_000, 179_998, 4],
  ])('skips whole packet times after a stall of %d ms', (stallMs, skipped, ticks) => {
    const { clock, log } = ticker();
    clock.stall(stallMs);
    expect(log[0]).toBe(`skip ${skipped}`);
    expect(log).toHaveLength(1 + ticks);
    expect(skipped * 2 + ticks).toBe(Math.floor(stallMs / 10));
    expect(log[1]).toMatch(/^0@/);
  });

  it('does nothing once stopped, also in the middle of catching up', () => {
    const clock = new HeldClock(0);
    let ticks = 0;
    const beat: MediaTicker = new MediaTicker(clock, {
      tick: () => {
        ticks++;
        beat.stop();
      },
      skip: () => undefined,
    });
    beat.start();
    clock.stall(50);
    clock.advance(100);
    expect(ticks).toBe(1);
    beat.start();
    clock.advance(10);
    expect(ticks).toBe(2);
  });

  it('measures how late it is, leaving out the worst tenth', () => {
    const { clock, beat } = ticker();
    for (let i = 0; i < 100; i++) {
      if (i % 20 === 0) clock.stall(19);
      clock.advance(10 - (clock.now() % 10));
    }
    expect(beat.lagMs).toBe(0);
    for (let i = 0; i < 100; i++) clock.stall(14);
    expect(beat.lagMs).toBeGreaterThan(0);
    expect(beat.lagMs).toBeLessThanOrEqual(14);
  });
});
