/** When a leg reports by RTCP, and what it remembers of the far end's reports (RFC 3550 sections 6.2 and 6.4). */
import { buildRtcp, parseRtcp, type ReportBlock, type SenderInfo } from '#voice/rtp/rtcp-packet.js';
import type { ReceptionReport } from '#voice/rtp/receive-statistics.js';

/** The mean; each wait is drawn between half and one and a half of it, so that sessions do not fall into step. */
export const RTCP_INTERVAL_MS = 5_000;

export class RtcpReporter {
  readonly #ssrc: number;
  readonly #cname: string;
  readonly #random32: () => number;
  #dueMs = Infinity;
  #reportedPackets = 0;
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

  /** `false`: it is no RTCP. */
  received(datagram: Uint8Array, nowMs: number): boolean {
    const packets = parseRtcp(datagram);
    if (!packets) return false;
    for (const packet of packets) {
      if (packet.kind === 'sender-report') this.#heard = { ntpMiddle: packet.ntpMiddle, atMs: nowMs };
    }
    return true;
  }

  #build(sender: SenderInfo, reception: ReceptionReport | undefined, bye: boolean): Uint8Array {
    const hasSent = sender.packets > this.#reportedPackets;
    this.#reportedPackets = sender.packets;
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
