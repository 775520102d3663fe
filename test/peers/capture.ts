import { randomInt } from 'node:crypto';
import { encode } from '../phones/g711.js';
import { formatEvent, formatRtp } from '../phones/rtp-packet.js';
import { PAYLOAD_OF, type Codec } from '../phones/session-description.js';
import { FRAME_SAMPLES } from '../phones/tones.js';

/** What a capture plays, one after another. */
export type CapturePart = { sound: Int16Array } | { digits: string; ms?: number };

const FRAME_MS = 20;
const PAUSE_FRAMES = 5;
/** Ethernet, IPv4 and UDP headers in front of the RTP; the player rewrites their addresses. */
const HEADER_BYTES = 14 + 20 + 8;

/** A packet capture (libpcap's file format) of RTP, as sipp plays it. Keys by RFC 4733. */
export function capture(parts: readonly CapturePart[], codec: Codec, eventPayload: number): Buffer {
  const ssrc = randomInt(2 ** 32);
  const packets: Buffer[] = [];
  let frame = 0;
  const add = (payloadType: number, marker: boolean, timestamp: number, payload: Buffer): void => {
    const rtp = formatRtp({ payloadType, marker, sequence: packets.length, timestamp, ssrc, payload });
    packets.push(record(rtp, frame * FRAME_MS));
    frame++;
  };
  const play = (pcm: Int16Array): void => {
    for (let at = 0; at < pcm.length; at += FRAME_SAMPLES) {
      const samples = new Int16Array(FRAME_SAMPLES);
      samples.set(pcm.subarray(at, at + FRAME_SAMPLES));
      add(PAYLOAD_OF[codec], packets.length === 0, frame * FRAME_SAMPLES, encode(codec, samples));
    }
  };
  const press = (digit: string, ms: number): void => {
    const from = frame * FRAME_SAMPLES;
    const steps = Math.max(1, Math.round(ms / FRAME_MS));
    for (let step = 1; step <= steps + 2; step++) {
      const duration = Math.min(step, steps) * FRAME_SAMPLES;
      add(eventPayload, step === 1, from, formatEvent(digit, step >= steps, duration));
    }
    play(new Int16Array(PAUSE_FRAMES * FRAME_SAMPLES));
  };
  for (const part of parts)
    if ('sound' in part) play(part.sound);
    else for (const digit of part.digits) press(digit, part.ms ?? 100);
  return Buffer.concat([fileHeader(), ...packets]);
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

function record(rtp: Buffer, atMs: number): Buffer {
  const length = HEADER_BYTES + rtp.length;
  const header = Buffer.alloc(16 + HEADER_BYTES);
  header.writeUInt32LE(Math.floor(atMs / 1000), 0);
  header.writeUInt32LE((atMs % 1000) * 1000, 4);
  header.writeUInt32LE(length, 8);
  header.writeUInt32LE(length, 12);
  const [ethernet, ip, udp] = [16, 16 + 14, 16 + 34];
  header.writeUInt16BE(0x0800, ethernet + 12);
  header.writeUInt8(0x45, ip);
  header.writeUInt16BE(28 + rtp.length, ip + 2);
  header.writeUInt8(64, ip + 8);
  header.writeUInt8(17, ip + 9);
  header.writeUInt32BE(0x7f000001, ip + 12);
  header.writeUInt32BE(0x7f000001, ip + 16);
  header.writeUInt16BE(4000, udp);
  header.writeUInt16BE(4002, udp + 2);
  header.writeUInt16BE(8 + rtp.length, udp + 4);
  return Buffer.concat([header, rtp]);
}
