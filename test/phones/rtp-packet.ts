/** RTP (RFC 3550 section 5.1) as bytes. */
export interface RtpPacket {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payload: Buffer;
}

export function formatRtp(packet: RtpPacket): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x80, 0);
  header.writeUInt8((packet.marker ? 0x80 : 0) | packet.payloadType, 1);
  header.writeUInt16BE(packet.sequence, 2);
  header.writeUInt32BE(packet.timestamp, 4);
  header.writeUInt32BE(packet.ssrc, 8);
  return Buffer.concat([header, packet.payload]);
}

/** Undefined for RTCP that strayed here (RFC 5761 section 4); throws on anything else that is not RTP. */
export function parseRtp(data: Buffer): RtpPacket | undefined {
  if (data.length < 12 || data.readUInt8(0) >> 6 !== 2) throw new Error(`not RTP: ${data.toString('hex', 0, 12)}`);
  const flags = data.readUInt8(0);
  const second = data.readUInt8(1);
  if (second >= 192 && second <= 223) return undefined;
  let start = 12 + 4 * (flags & 0x0f);
  if (flags & 0x10) start += 4 + 4 * data.readUInt16BE(start + 2);
  const end = data.length - (flags & 0x20 ? data.readUInt8(data.length - 1) : 0);
  if (start > end) throw new Error('RTP whose header is longer than the packet');
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: data.readUInt16BE(2),
    timestamp: data.readUInt32BE(4),
    ssrc: data.readUInt32BE(8),
    payload: data.subarray(start, end),
  };
}

/** RFC 4733 section 3.2: event codes 0–15. */
export const DIGITS = '0123456789*#ABCD';

/** `duration` in samples; the volume is −10 dBm0. */
export function formatEvent(digit: string, end: boolean, duration: number): Buffer {
  const payload = Buffer.from([DIGITS.indexOf(digit), (end ? 0x80 : 0) | 10, 0, 0]);
  payload.writeUInt16BE(Math.min(duration, 0xffff), 2);
  return payload;
}

export function parseEvent(payload: Buffer): { digit: string; end: boolean; duration: number } {
  return {
    digit: DIGITS[payload.readUInt8(0)] ?? '?',
    end: (payload.readUInt8(1) & 0x80) !== 0,
    duration: payload.readUInt16BE(2),
  };
}
