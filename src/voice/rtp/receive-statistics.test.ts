import { describe, expect, it } from 'vitest';
import { ReceiveStatistics } from '#voice/rtp/receive-statistics.js';

function after(sequences: number[], statistics = new ReceiveStatistics(), ssrc = 1): ReceiveStatistics {
  for (const sequence of sequences) statistics.received(ssrc, sequence & 0xffff);
  return statistics;
}

const run = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('ReceiveStatistics', () => {
  it('counts gaps as lost, over the wrap of the sequence number', () => {
    const statistics = after([...run(0xfff0, 16), ...run(0x1_0003, 10)]);
    expect(statistics.packetsReceived).toBe(26);
    expect(statistics.packetsLost).toBe(3);
    expect(statistics.report()).toMatchObject({ cumulativeLost: 3, highestSequence: 0x1_000c });
  });

  it('takes a reordered packet as arrived', () => {
    expect(after([1, 2, 4, 3, 5]).packetsLost).toBe(0);
    expect(after([0xfffe, 0, 0xffff, 1]).packetsLost).toBe(0);
  });

  it('tells the source of duplicates by a negative loss, and its own user of none', () => {
    const statistics = after([1, 2, 2, 2, 3]);
    expect(statistics.report()?.cumulativeLost).toBe(-2);
    expect(statistics.packetsLost).toBe(0);
  });

  it('refuses a single wild sequence number, and believes two in a row', () => {
    const statistics = after(run(100, 10));
    expect(statistics.received(1, 30_000)).toBe(false);
    expect(statistics.received(1, 110)).toBe(true);
    expect(statistics.received(1, 50_000)).toBe(false);
    expect(statistics.received(1, 50_001)).toBe(true);
    expect(statistics.packetsReceived).toBe(12);
    expect(statistics.packetsLost).toBe(0);
    after([50_002, 50_004], statistics);
    expect(statistics.packetsLost).toBe(1);
  });

  it('adds up the sources of one session', () => {
    const statistics = after([1, 2, 4]);
    after([9_000, 9_003], statistics, 2);
    expect(statistics.packetsReceived).toBe(5);
    expect(statistics.packetsLost).toBe(3);
    expect(statistics.report()).toMatchObject({ ssrc: 2, cumulativeLost: 2 });
  });

  it('reports the fraction lost since the report before', () => {
    const statistics = after(run(0, 10));
    expect(statistics.report()?.fractionLost).toBe(0);
    after([10, 11, 12, 15, 16, 17, 18, 19], statistics);
    expect(statistics.report()?.fractionLost).toBe(Math.floor((2 * 256) / 10));
    expect(statistics.report()?.fractionLost).toBe(0);
  });

  it('tells losses that come together from those of chance', () => {
    const scattered = after(run(0, 200).filter((n) => n % 20 !== 7));
    expect(scattered.lossRatio).toBeCloseTo(0.05, 2);
    expect(scattered.burstRatio).toBe(1);
    const together = after(run(0, 200).filter((n) => n < 50 || n >= 60));
    expect(together.lossRatio).toBeCloseTo(0.05, 2);
    expect(together.burstRatio).toBeCloseTo(9.5, 1);
    expect(after(run(0, 10)).burstRatio).toBe(1);
  });

  it('measures interarrival jitter as RFC 3550 A.8 does', () => {
    const statistics = after([0]);
    for (let i = 0; i < 200; i++) statistics.arrived((0xffff_ff00 + i * 160) >>> 0, 1_000_000 + i * 20);
    expect(statistics.jitterMs).toBe(0);
    // Every other packet 8 ms late: the difference is always 8 ms, towards which the estimate converges.
    for (let i = 200; i < 400; i++) statistics.arrived((0xffff_ff00 + i * 160) >>> 0, 1_000_000 + i * 20 + (i % 2) * 8);
    expect(statistics.jitterMs).toBeCloseTo(8, 1);
    expect(statistics.report()?.jitter).toBe(64);
  });

  it('has nothing to report before a packet has come', () => {
    expect(new ReceiveStatistics().report()).toBeUndefined();
  });
});
