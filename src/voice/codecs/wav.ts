/** WAV files (RIFF, Microsoft 1991): written as 16-bit PCM at 8 kHz, read in the forms that recorders make. */
import { endianness } from 'node:os';
import { g711DecodeTable } from '#voice/codecs/g711.js';
import { resample } from '#voice/codecs/resample.js';

const SAMPLE_RATE = 8_000;
const HEADER_BYTES = 44;

export const MAX_WAV_BYTES = 64 * 1024 * 1024;
/** One hour. */
export const MAX_WAV_SECONDS = 3_600;
const MIN_RATE = 4_000;
const MAX_RATE = 192_000;
const MAX_CHANNELS = 8;

/** What is wrong with a file, as a sentence for whoever sent it. */
export class WavError extends Error {
  override readonly name = 'WavError';
}

/** A whole file: mono, 16 bit, 8,000 samples a second. */
export function writeWav(pcm: Int16Array): Uint8Array {
  const file = Buffer.alloc(HEADER_BYTES + pcm.length * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(FORMAT_PCM, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(SAMPLE_RATE, 24);
  file.writeUInt32LE(SAMPLE_RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(pcm.length * 2, 40);
  const samples = file.subarray(HEADER_BYTES);
  samples.set(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
  if (endianness() === 'BE') samples.swap16();
  return file;
}

/**
 * Mono PCM, 16 bit, 8,000 samples a second, from 8- or 16-bit PCM, µ-law or A-law with any rate and up to eight channels
 * (mixed down). Throws `WavError` for anything else, for broken files and for too long ones.
 */
export function readWav(bytes: Uint8Array): Int16Array {
  if (bytes.length > MAX_WAV_BYTES) throw new WavError(`the WAV file is larger than ${MAX_WAV_BYTES} bytes`);
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { format, data } = findChunks(file);
  if (data.length > MAX_WAV_SECONDS * format.rate * format.channels * format.bytesPerSample) {
    throw new WavError(`the WAV file is longer than ${MAX_WAV_SECONDS} seconds`);
  }
  const samples = resample(mixDown(format, data), format.rate, SAMPLE_RATE);
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < pcm.length; i++) pcm[i] = Math.max(-32_768, Math.min(32_767, Math.round(samples[i]!)));
  return pcm;
}

const FORMAT_PCM = 1;
const FORMAT_A_LAW = 6;
const FORMAT_MU_LAW = 7;
/** The true format follows in the first two octets of a GUID. */
const FORMAT_EXTENSIBLE = 0xfffe;
const SUBFORMAT_AT = 24;

interface WavFormat {
  rate: number;
  channels: number;
  bytesPerSample: number;
  /** The sample that begins there, on the 16-bit scale. */
  read: (data: Buffer, at: number) => number;
}

function findChunks(file: Buffer): { format: WavFormat; data: Buffer } {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new WavError('this is no WAV file: it does not begin with RIFF and WAVE');
  }
  let format: WavFormat | undefined;
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    // A stream's writer did not know the length of its data and left 0 or the largest number: it goes to the end.
    const isOpenEnded = id === 'data' && (size === 0 || size === 0xffff_ffff);
    const body = file.subarray(at + 8, isOpenEnded ? file.length : at + 8 + size);
    if (id === 'fmt ') format = readFormat(body);
    if (id === 'data') {
      if (!format) throw new WavError('the WAV file has its samples before their format');
      return { format, data: body };
    }
    at += 8 + size + (size % 2);
  }
  throw new WavError(format ? 'the WAV file has no samples' : 'the WAV file does not say its format');
}

function readFormat(chunk: Buffer): WavFormat {
  if (chunk.length < 16) throw new WavError('the WAV file does not say its format');
  const [outerTag, channels, rate, bits] = [
    chunk.readUInt16LE(0),
    chunk.readUInt16LE(2),
    chunk.readUInt32LE(4),
    chunk.readUInt16LE(14),
  ];
  const isExtensible = outerTag === FORMAT_EXTENSIBLE && chunk.length >= SUBFORMAT_AT + 2;
  const tag = isExtensible ? chunk.readUInt16LE(SUBFORMAT_AT) : outerTag;
  if (rate < MIN_RATE || rate > MAX_RATE) {
    throw new WavError(`a WAV file with ${rate} samples a second cannot be read, only ${MIN_RATE} to ${MAX_RATE}`);
  }
  if (channels < 1 || channels > MAX_CHANNELS) {
    throw new WavError(`a WAV file with ${channels} channels cannot be read, only 1 to ${MAX_CHANNELS}`);
  }
  return { rate, channels, ...sampleReader(tag, bits) };
}

function sampleReader(tag: number, bits: number): Pick<WavFormat, 'bytesPerSample' | 'read'> {
  if (tag === FORMAT_PCM && bits === 16) return { bytesPerSample: 2, read: (data, at) => data.readInt16LE(at) };
  if (tag === FORMAT_PCM && bits === 8) return { bytesPerSample: 1, read: (data, at) => (data[at]! - 128) * 256 };
  if ((tag === FORMAT_MU_LAW || tag === FORMAT_A_LAW) && bits === 8) {
    const table = g711DecodeTable(tag === FORMAT_MU_LAW ? 'PCMU' : 'PCMA');
    return { bytesPerSample: 1, read: (data, at) => table[data[at]!]! };
  }
  throw new WavError(
    `a WAV file of format ${tag} with ${bits} bits cannot be read, only PCM with 8 or 16 bits, µ-law and A-law`,
  );
}

function mixDown({ channels, bytesPerSample, read }: WavFormat, data: Buffer): Float32Array {
  const mono = new Float32Array(Math.floor(data.length / (channels * bytesPerSample)));
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += read(data, (i * channels + channel) * bytesPerSample);
    mono[i] = sum / channels;
  }
  return mono;
}
