/** When a leg reports by RTCP, and what it remembers of the far end's reports (RFC 3550 sections 6.2 and 6.4). */
import { buildRtcp, ntpMiddle, parseRtcp, type ReportBlock, type SenderInfo } from '#voice/rtp/rtcp-packet.js';
import type { ReceptionReport } from '#voice/rtp/receive-statistics.js';

/** The mean; each wait is drawn between half and one and a half of it, so that sessions do not fall into step. */
export const RTCP_INTERVAL_MS = 5_000;

/** Sender reports that the far end may answer to. */
const MAX_REMEMBERED = 4;
const UNITS_PER_MS = 65.536;
const CLOCK_PER_MS = 8;

/** What the far end says of the stream that it gets. */
export interface RemoteReport {
  /** Of all that was sent until its last report, 0 to 1. */
  lostRatio: number;
  jitterMs: number;
}

export class RtcpReporter {
  /** Of the last report that told it. */
  remote: RemoteReport | undefined;
  /** There and back, without the time that the far end took; milliseconds. */
  roundTripMs: number | undefined;

  readonly #ssrc: number;
  readonly #cname: string;
  readonly #random32: () => number;
  #dueMs = Infinity;
  #reportedPackets = 0;
  readonly #sentReports: number[] = [];
  #heard: { ntpMiddle: number; atMs: number } | undefined;

  constructor(ssrc: number, random32: () => number) {
    this.#ssrc = ssrc;
    this.#random32 = random32;
    this.#cname = `${random32().toString(16)}${random32().toString(16)}`;
  }

  /** The session runs from now on. */
  start(nowMs: number): void {
    if (this.#dueMs === Infinity) this.#schedule(nowMs);
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs;
  }

  report(sender: SenderInfo, reception: ReceptionReport | undefined): Uint8Array {
    this.#schedule(sender.atMs);
    return this.#build(sender, reception, false);
  }

  bye(sender: SenderInfo, reception: ReceptionReport | undefined): Uint8Array {
    return this.#build(sender, reception, true);
  }

  /** `packetsSent`: so far. `false`: it is no RTCP. */
  received(datagram: Uint8Array, nowMs: number, packetsSent: number): boolean {
    const packets = parseRtcp(datagram);
    if (!packets) return false;
    for (const packet of packets) {
      if (packet.kind === 'sender-report') this.#heard = { ntpMiddle: packet.ntpMiddle, atMs: nowMs };
      if (packet.kind === 'bye') continue;
      const block = packet.reports.find(({ ssrc }) => ssrc === this.#ssrc);
      if (block) this.#told(block, nowMs, packetsSent);
    }
    return true;
  }

  #told(block: ReportBlock, nowMs: number, packetsSent: number): void {
    this.remote = {
      lostRatio: Math.max(0, Math.min(1, block.cumulativeLost / Math.max(1, packetsSent))),
      jitterMs: block.jitter / CLOCK_PER_MS,
    };
    // A time that we never wrote would make up a round trip of any length.
    if (!this.#sentReports.includes(block.lastSenderReport)) return;
    const elapsed = (ntpMiddle(nowMs) - block.lastSenderReport) >>> 0;
    this.roundTripMs = Math.max(0, Math.round((elapsed - block.delaySinceLastReport) / UNITS_PER_MS));
  }

  #build(sender: SenderInfo, reception: ReceptionReport | undefined, bye: boolean): Uint8Array {
    const hasSent = sender.packets > this.#reportedPackets;
    this.#reportedPackets = sender.packets;
    if (hasSent) this.#sentReports.push(ntpMiddle(sender.atMs));
    if (this.#sentReports.length > MAX_REMEMBERED) this.#sentReports.shift();
    return buildRtcp({
      ssrc: this.#ssrc,
      cname: this.#cname,
      ...(hasSent && { sender }),
      ...(reception && { report: this.#block(reception, sender.atMs) }),
      bye,
    });
  }

  #block(reception: ReceptionReport, nowMs: number): ReportBlock {
    const heard = this.#heard;
    return {
      ...reception,
      lastSenderReport: heard?.ntpMiddle ?? 0,
      delaySinceLastReport: heard ? Math.round(((nowMs - heard.atMs) / 1_000) * 65_536) : 0,
    };
  }

  #schedule(nowMs: number): void {
    this.#dueMs = nowMs + RTCP_INTERVAL_MS * (0.5 + this.#random32() / 2 ** 32);
  }
}
