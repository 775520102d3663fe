/** RTP data packets (RFC 3550 section 5.1). */
export const RTP_HEADER_BYTES = 12;

export interface RtpPacket {
  payloadType: number;
  marker: boolean;
  /** 16 bit, wraps. */
  sequence: number;
  /** 32 bit, wraps; units of the codec's clock. */
  timestamp: number;
  ssrc: number;
  /** A view of the datagram, without CSRCs, header extension and padding. */
  payload: Uint8Array;
}

/** Undefined for what is not RTP: another version, impossible lengths, or RTCP on the same port (RFC 5761 section 4). */
export function parseRtp(datagram: Uint8Array): RtpPacket | undefined {
  const length = datagram.length;
  if (length < RTP_HEADER_BYTES) return undefined;
  const first = datagram[0]!;
  if (first >> 6 !== 2) return undefined;
  const second = datagram[1]!;
  const payloadType = second & 0x7f;
  if (payloadType >= 64 && payloadType <= 95) return undefined;
  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (length < start + 4) return undefined;
    start += 4 + ((datagram[start + 2]! << 8) | datagram[start + 3]!) * 4;
  }
  let end = length;
  if (first & 0x20) {
    const padding = datagram[length - 1]!;
    if (padding === 0) return undefined;
    end -= padding;
  }
  if (end < start) return undefined;
  return {
    payloadType,
    marker: (second & 0x80) !== 0,
    sequence: (datagram[2]! << 8) | datagram[3]!,
    timestamp: readUint32(datagram, 4),
    ssrc: readUint32(datagram, 8),
    payload: datagram.subarray(start, end),
  };
}

/** Writes the twelve octets in front of a payload. Separate numbers, not an object: it runs for every packet sent. */
export function writeRtpHeader(
  packet: Uint8Array,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  packet[0] = 0x80;
  packet[1] = (payloadType & 0x7f) | (marker ? 0x80 : 0);
  packet[2] = sequence >>> 8;
  packet[3] = sequence;
  writeUint32(packet, 4, timestamp);
  writeUint32(packet, 8, ssrc);
}

export function readUint32(octets: Uint8Array, at: number): number {
  return ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0;
}

export function writeUint32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
}
