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
  it('ticks every 5 ms, the phases in turn', () => {
    const { clock, log } = ticker();
    clock.advance(27);
    expect(log).toEqual(['0@5', '1@10', '2@15', '3@20', '0@25']);
  });

  it('keeps deadlines between whole milliseconds', () => {
    const clock = new HeldClock(0.25);
    const log: number[] = [];
    new MediaTicker(clock, { tick: () => log.push(clock.now()), skip: () => undefined }).start();
    clock.advance(20);
    expect(log).toEqual([5.25, 10.25, 15.25, 20.25]);
  });

  it('catches up with 50 ms at most, and keeps its deadlines', () => {
    const { clock, log, beat } = ticker();
    clock.stall(52);
    expect(log).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1].map((phase) => `${phase}@52`));
    log.length = 0;
    clock.advance(13);
    expect(log).toEqual(['2@55', '3@60', '0@65']);
    expect(beat.lagMs).toBeGreaterThan(0);
  });

  it.each([
    [55, 1, 7],
    [69, 1, 9],
    [70, 1, 10],
    [80, 2, 8],
    [1_010, 48, 10],
    [3_600_000, 179_998, 8],
  ])('skips whole packet times after a stall of %d ms', (stallMs, skipped, ticks) => {
    const { clock, log } = ticker();
    clock.stall(stallMs);
    expect(log[0]).toBe(`skip ${skipped}`);
    expect(log).toHaveLength(1 + ticks);
    expect(skipped * 4 + ticks).toBe(Math.floor(stallMs / 5));
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
    clock.advance(5);
    expect(ticks).toBe(2);
  });

  it('measures how late it is, leaving out the worst tenth', () => {
    const { clock, beat } = ticker();
    for (let i = 0; i < 200; i++) {
      if (i % 40 === 0) clock.stall(9);
      clock.advance(5 - (clock.now() % 5));
    }
    expect(beat.lagMs).toBe(0);
    for (let i = 0; i < 200; i++) clock.stall(7);
    expect(beat.lagMs).toBeGreaterThan(0);
    expect(beat.lagMs).toBeLessThanOrEqual(7);
  });
});
