import type { Samples } from '#speech/tts.js';

const HEADER_BYTES = 44;

/** A WAV file (RIFF, format 1): mono, 16 bit. */
export function encodeWav({ pcm, rate }: Samples): Uint8Array {
  const dataBytes = pcm.length * 2;
  const file = Buffer.alloc(HEADER_BYTES + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  encodePcm({ pcm, rate }).copy(file, HEADER_BYTES);
  return file;
}

/** The samples alone: 16 bit, the low byte first. */
export function encodePcm({ pcm }: Samples): Buffer {
  const bytes = Buffer.alloc(pcm.length * 2);
  for (let at = 0; at < pcm.length; at++) bytes.writeInt16LE(pcm[at]!, at * 2);
  return bytes;
}
