import { describe, expect, it } from 'vitest';
import { buildRtcp, parseRtcp, type ReportBlock } from '#voice/rtp/rtcp-packet.js';
import { RTCP_INTERVAL_MS, RtcpReporter } from '#voice/rtp/rtcp-reporter.js';

const sender = { atMs: 1_700_000_000_500, rtpTimestamp: 0xffff_fff0, packets: 250, octets: 40_000 };
const report: ReportBlock = {
  ssrc: 0xdead_beef,
  fractionLost: 25,
  cumulativeLost: -3,
  highestSequence: 0x1_0005,
  jitter: 40,
  lastSenderReport: 0x1234_5678,
  delaySinceLastReport: 65_536,
};

describe('RTCP packets', () => {
  it('builds a sender report that it can read', () => {
    const packet = buildRtcp({ ssrc: 7, cname: 'abc', sender, report });
    expect(packet.length % 4).toBe(0);
    const [read] = parseRtcp(packet)!;
    expect(read).toMatchObject({ kind: 'sender-report', ssrc: 7, reports: [report] });
    if (read?.kind !== 'sender-report') throw new Error('not a sender report');
    expect(read.sender.atMs).toBeCloseTo(sender.atMs, 2);
    expect(read.sender).toMatchObject({ rtpTimestamp: 0xffff_fff0, packets: 250, octets: 40_000 });
    // Half a second, in the middle 32 bits of NTP time: the low half is 0x8000.
    expect(read.ntpMiddle & 0xffff).toBe(0x8000);
  });

  it('builds a receiver report with BYE', () => {
    const packet = buildRtcp({ ssrc: 7, cname: 'abcd', report, bye: true });
    expect(parseRtcp(packet)).toEqual([
      { kind: 'receiver-report', ssrc: 7, reports: [report] },
      { kind: 'bye', ssrcs: [7] },
    ]);
  });

  it.each(['', 'a', 'ab', 'abc', 'abcd'])('ends the source description on a word with CNAME "%s"', (cname) => {
    const packet = buildRtcp({ ssrc: 7, cname });
    expect(packet.length % 4).toBe(0);
    expect(packet.at(-1)).toBe(0);
    expect(parseRtcp(packet)).toEqual([{ kind: 'receiver-report', ssrc: 7, reports: [] }]);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['RTP', Uint8Array.from([0x80, 0, 0, 1, 0, 0, 0, 0])],
    ['a length past its end', Uint8Array.from([0x80, 201, 0, 9, 0, 0, 0, 0])],
    ['a wrong version inside', Uint8Array.from([0x80, 201, 0, 1, 0, 0, 0, 0, 0x40, 203, 0, 0])],
  ])('refuses %s', (_what, octets) => {
    expect(parseRtcp(octets)).toBeUndefined();
  });

  it('skips report blocks that are not there', () => {
    expect(parseRtcp(Uint8Array.from([0x9f, 201, 0, 1, 0, 0, 0, 7]))).toEqual([]);
  });
});

describe('RtcpReporter', () => {
  const half = (): number => 2 ** 31;

  it('is due every five seconds or so once the session runs', () => {
    const reporter = new RtcpReporter(7, half);
    expect(reporter.isDue(1e15)).toBe(false);
    reporter.start(1_000);
    expect(reporter.isDue(1_000 + RTCP_INTERVAL_MS - 1)).toBe(false);
    expect(reporter.isDue(1_000 + RTCP_INTERVAL_MS)).toBe(true);
    reporter.report({ ...sender, atMs: 7_000 }, undefined);
    expect(reporter.isDue(7_000 + RTCP_INTERVAL_MS - 1)).toBe(false);
  });

  it('reports as a sender only what was sent since', () => {
    const reporter = new RtcpReporter(7, half);
    expect(parseRtcp(reporter.report(sender, undefined))![0]!.kind).toBe('sender-report');
    expect(parseRtcp(reporter.report(sender, undefined))![0]!.kind).toBe('receiver-report');
  });

  it('answers a sender report with its time and how long ago it came', () => {
    const reporter = new RtcpReporter(7, half);
    const theirs = buildRtcp({ ssrc: 9, cname: 'x', sender });
    expect(reporter.received(theirs, sender.atMs, 0)).toBe(true);
    expect(reporter.received(Uint8Array.of(1, 2, 3), sender.atMs, 0)).toBe(false);
    const [heard] = parseRtcp(theirs)!;
    const ours = reporter.report({ ...sender, atMs: sender.atMs + 500 }, report);
    expect(parseRtcp(ours)![0]).toMatchObject({
      reports: [
        {
          lastSenderReport: heard?.kind === 'sender-report' && heard.ntpMiddle,
          delaySinceLastReport: 32_768,
        },
      ],
    });
  });

  it('learns from the far end what got there and how long the way is', () => {
    const reporter = new RtcpReporter(7, half);
    const ours = parseRtcp(reporter.report(sender, undefined))![0]!;
    const lastSenderReport = ours.kind === 'sender-report' ? ours.ntpMiddle : 0;
    const answer = (over: Partial<ReportBlock>): Uint8Array =>
      buildRtcp({ ssrc: 9, cname: 'x', report: { ...report, ssrc: 7, cumulativeLost: 5, ...over } });
    // They took a quarter of a second to answer; the way there and back took 80 ms.
    reporter.received(answer({ lastSenderReport, delaySinceLastReport: 16_384 }), sender.atMs + 330, 250);
    expect(reporter.remote).toEqual({ lostRatio: 0.02, jitterMs: 5 });
    expect(reporter.roundTripMs).toBe(80);
    reporter.received(answer({ lastSenderReport: lastSenderReport + 1, delaySinceLastReport: 0 }), sender.atMs, 250);
    reporter.received(answer({ ssrc: 8, cumulativeLost: 100 }), sender.atMs, 250);
    reporter.received(answer({ cumulativeLost: -4 }), sender.atMs, 0);
    expect(reporter.remote?.lostRatio).toBe(0);
    expect(reporter.roundTripMs).toBe(80);
  });
});
