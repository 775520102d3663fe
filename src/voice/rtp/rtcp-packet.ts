/** RTCP (RFC 3550 section 6): sender and receiver reports with a CNAME, and BYE. Other packets are skipped. */
import { readUint32, writeUint32 } from '#voice/rtp/rtp-packet.js';
import type { ReceptionReport } from '#voice/rtp/receive-statistics.js';

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BYE = 203;
const CNAME = 1;
const REPORT_BLOCK_BYTES = 24;
const SENDER_INFO_BYTES = 20;
/** Seconds from 1900, where NTP begins, to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

export interface SenderInfo {
  /** Milliseconds since the Unix epoch at which `rtpTimestamp` is sent. */
  atMs: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
}

/** A reception report with what lets the other side measure the round trip. */
export interface ReportBlock extends ReceptionReport {
  /** The middle 32 bits of the last sender report's time; 0 for none. */
  lastSenderReport: number;
  /** Since that report arrived, 1/65,536 s. */
  delaySinceLastReport: number;
}

export interface CompoundReport {
  ssrc: number;
  cname: string;
  /** Present where packets were sent since the last report. */
  sender?: SenderInfo;
  report?: ReportBlock;
  bye?: boolean;
}

/** A compound packet: the report, the source description, and BYE where asked for (section 6.1). */
export function buildRtcp(compound: CompoundReport): Uint8Array {
  const { ssrc, sender, report } = compound;
  const cname = Buffer.from(compound.cname).subarray(0, 255);
  const reportBytes = 8 + (sender ? SENDER_INFO_BYTES : 0) + (report ? REPORT_BLOCK_BYTES : 0);
  // An SDES chunk ends with one to four zero octets, up to the next 32-bit boundary.
  const chunkBytes = 4 + 2 + cname.length;
  const sdesBytes = 4 + chunkBytes + (4 - (chunkBytes % 4));
  const packet = new Uint8Array(reportBytes + sdesBytes + (compound.bye ? 8 : 0));
  writeHeader(packet, 0, report ? 1 : 0, sender ? SENDER_REPORT : RECEIVER_REPORT, reportBytes);
  writeUint32(packet, 4, ssrc);
  if (sender) writeSenderInfo(packet, 8, sender);
  if (report) writeReportBlock(packet, reportBytes - REPORT_BLOCK_BYTES, report);
  writeHeader(packet, reportBytes, 1, SOURCE_DESCRIPTION, sdesBytes);
  writeUint32(packet, reportBytes + 4, ssrc);
  packet[reportBytes + 8] = CNAME;
  packet[reportBytes + 9] = cname.length;
  packet.set(cname, reportBytes + 10);
  if (compound.bye) {
    writeHeader(packet, reportBytes + sdesBytes, 1, BYE, 8);
    writeUint32(packet, reportBytes + sdesBytes + 4, ssrc);
  }
  return packet;
}

/** The middle 32 bits of an NTP time, in 1/65,536 s: by these a report names the one that it answers (section 6.4.1). */
export function ntpMiddle(atMs: number): number {
  const seconds = Math.floor(atMs / 1_000);
  const fraction = Math.floor(((atMs - seconds * 1_000) / 1_000) * 65_536);
  return ((((seconds + NTP_EPOCH_SECONDS) & 0xffff) << 16) | fraction) >>> 0;
}

export type RtcpPacket =
  | { kind: 'sender-report'; ssrc: number; sender: SenderInfo; ntpMiddle: number; reports: ReportBlock[] }
  | { kind: 'receiver-report'; ssrc: number; reports: ReportBlock[] }
  | { kind: 'bye'; ssrcs: number[] };

/** The packets of a compound packet that concern us; undefined when it is none (appendix A.2). */
export function parseRtcp(datagram: Uint8Array): RtcpPacket[] | undefined {
  const packets: RtcpPacket[] = [];
  if (datagram.length < 8 || (datagram[1] !== SENDER_REPORT && datagram[1] !== RECEIVER_REPORT)) return undefined;
  for (let at = 0; at < datagram.length;) {
    if (datagram.length - at < 4 || datagram[at]! >> 6 !== 2) return undefined;
    const bytes = 4 * (1 + ((datagram[at + 2]! << 8) | datagram[at + 3]!));
    if (at + bytes > datagram.length) return undefined;
    const packet = parseOne(datagram.subarray(at, at + bytes));
    if (packet) packets.push(packet);
    at += bytes;
  }
  return packets;
}

function parseOne(packet: Uint8Array): RtcpPacket | undefined {
  const count = packet[0]! & 0x1f;
  switch (packet[1]) {
    case SENDER_REPORT: {
      if (packet.length < 8 + SENDER_INFO_BYTES + count * REPORT_BLOCK_BYTES) return undefined;
      return {
        kind: 'sender-report',
        ssrc: readUint32(packet, 4),
        sender: readSenderInfo(packet, 8),
        ntpMiddle: readUint32(packet, 10),
        reports: readReportBlocks(packet, 8 + SENDER_INFO_BYTES, count),
      };
    }
    case RECEIVER_REPORT: {
      if (packet.length < 8 + count * REPORT_BLOCK_BYTES) return undefined;
      return { kind: 'receiver-report', ssrc: readUint32(packet, 4), reports: readReportBlocks(packet, 8, count) };
    }
    case BYE: {
      if (packet.length < 4 + count * 4) return undefined;
      return { kind: 'bye', ssrcs: Array.from({ length: count }, (_, i) => readUint32(packet, 4 + i * 4)) };
    }
    default:
      return undefined;
  }
}

function writeHeader(packet: Uint8Array, at: number, count: number, type: number, bytes: number): void {
  const words = bytes / 4 - 1;
  packet[at] = 0x80 | count;
  packet[at + 1] = type;
  packet[at + 2] = words >>> 8;
  packet[at + 3] = words;
}

function writeSenderInfo(packet: Uint8Array, at: number, sender: SenderInfo): void {
  const seconds = Math.floor(sender.atMs / 1_000);
  writeUint32(packet, at, seconds + NTP_EPOCH_SECONDS);
  writeUint32(packet, at + 4, Math.floor(((sender.atMs - seconds * 1_000) / 1_000) * 2 ** 32));
  writeUint32(packet, at + 8, sender.rtpTimestamp);
  writeUint32(packet, at + 12, sender.packets);
  writeUint32(packet, at + 16, sender.octets);
}

function readSenderInfo(packet: Uint8Array, at: number): SenderInfo {
  const seconds = readUint32(packet, at) - NTP_EPOCH_SECONDS;
  return {
    atMs: seconds * 1_000 + (readUint32(packet, at + 4) / 2 ** 32) * 1_000,
    rtpTimestamp: readUint32(packet, at + 8),
    packets: readUint32(packet, at + 12),
    octets: readUint32(packet, at + 16),
  };
}

function writeReportBlock(packet: Uint8Array, at: number, report: ReportBlock): void {
  const lost = Math.max(-0x80_0000, Math.min(0x7f_ffff, report.cumulativeLost)) & 0xff_ffff;
  writeUint32(packet, at, report.ssrc);
  writeUint32(packet, at + 4, (report.fractionLost << 24) | lost);
  writeUint32(packet, at + 8, report.highestSequence);
  writeUint32(packet, at + 12, report.jitter);
  writeUint32(packet, at + 16, report.lastSenderReport);
  writeUint32(packet, at + 20, report.delaySinceLastReport);
}

function readReportBlocks(packet: Uint8Array, from: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, i) => {
    const at = from + i * REPORT_BLOCK_BYTES;
    const loss = readUint32(packet, at + 4);
    return {
      ssrc: readUint32(packet, at),
      fractionLost: loss >>> 24,
      cumulativeLost: (loss << 8) >> 8,
      highestSequence: readUint32(packet, at + 8),
      jitter: readUint32(packet, at + 12),
      lastSenderReport: readUint32(packet, at + 16),
      delaySinceLastReport: readUint32(packet, at + 20),
    };
  });
}
