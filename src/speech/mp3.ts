/** MP3 as mono samples. Frame headers: ISO/IEC 11172-3, 2.4.2.3; ID3 tags: id3.org. */
import { AudioError } from '#speech/audio-error.js';
import { Minimp3 } from '#speech/minimp3.js';
import type { Samples } from '#speech/tts.js';

/** How far the first frame may be from the start of the file or the end of its tag. */
const MAX_JUNK_BYTES = 4_096;

/** Thousands of bits a second of Layer III, by index. */
const RATES_MPEG_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const RATES_MPEG_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES = [44_100, 48_000, 32_000];

/** By its first two frames: a single header is met by chance in anything. */
export function isMp3(bytes: Uint8Array): boolean {
  return firstFrame(bytes) !== undefined;
}

/** Throws `AudioError`. Broken frames, and whatever stands between frames, are left out. */
export function readMp3(bytes: Uint8Array, maxSeconds: number): Samples {
  const start = firstFrame(bytes);
  if (start === undefined) throw new AudioError('this is not an MP3 file');
  const { rate } = headerAt(bytes, start)!;
  const decoder = new Minimp3();
  const chunks: Int16Array[] = [];
  let length = 0;
  // Where the frame before ended: what stands there needs no frame after it to be one.
  let expected = start;
  for (let at = start; at < bytes.length;) {
    const header = headerAt(bytes, at);
    const isFrame = header && ((at === expected && header.rate === rate) || isFollowed(bytes, at, header));
    if (!isFrame || at + header.length > bytes.length) {
      at++;
      continue;
    }
    if (header.rate !== rate) throw new AudioError('the MP3 file changes its sample rate on the way');
    expected = at + header.length;
    const pcm = decoder.decode(bytes.subarray(at, expected));
    at = expected;
    if (!pcm) continue;
    chunks.push(pcm);
    length += pcm.length;
    if (length > maxSeconds * rate) throw new AudioError(`the sound is longer than ${maxSeconds / 60} minutes`);
  }
  if (length === 0) throw new AudioError('the MP3 file is damaged: no sound can be got from it');
  const pcm = new Int16Array(length);
  let at = 0;
  for (const chunk of chunks) {
    pcm.set(chunk, at);
    at += chunk.length;
  }
  return { pcm, rate };
}

function firstFrame(bytes: Uint8Array): number | undefined {
  const start = tagLength(bytes);
  for (let at = start; at < Math.min(bytes.length - 3, start + MAX_JUNK_BYTES); at++) {
    const header = headerAt(bytes, at);
    if (header && isFollowed(bytes, at, header)) return at;
  }
  return undefined;
}

/** By another frame of the same rate or by the end of the file. */
function isFollowed(bytes: Uint8Array, at: number, { length, rate }: FrameHeader): boolean {
  return at + length === bytes.length || headerAt(bytes, at + length)?.rate === rate;
}

interface FrameHeader {
  /** Bytes, its own four among them. */
  length: number;
  /** Samples a second. */
  rate: number;
}

/** Of a Layer III frame that starts here; undefined where none does. */
function headerAt(bytes: Uint8Array, at: number): FrameHeader | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe6) !== 0xe2) return undefined;
  const version = (bytes[at + 1]! >> 3) & 3;
  const isMpeg1 = version === 3;
  const kilobits = (isMpeg1 ? RATES_MPEG_1 : RATES_MPEG_2)[bytes[at + 2]! >> 4];
  const rateOfMpeg1 = SAMPLE_RATES[(bytes[at + 2]! >> 2) & 3];
  if (version === 1 || !kilobits || !rateOfMpeg1) return undefined;
  const padding = (bytes[at + 2]! >> 1) & 1;
  // MPEG 2 halves the rates, MPEG 2.5 quarters them.
  const rate = rateOfMpeg1 / (isMpeg1 ? 1 : version === 2 ? 2 : 4);
  return { length: Math.floor(((isMpeg1 ? 144 : 72) * kilobits * 1000) / rate) + padding, rate };
}

/** An ID3v2 tag's length: a header of ten bytes, then four times seven bits that count the rest. */
function tagLength(bytes: Uint8Array): number {
  if (bytes.length < 10 || String.fromCharCode(...bytes.subarray(0, 3)) !== 'ID3') return 0;
  const [a, b, c, d] = bytes.subarray(6, 10) as unknown as [number, number, number, number];
  const footer = bytes[5]! & 0x10 ? 10 : 0;
  return 10 + ((a & 0x7f) << 21) + ((b & 0x7f) << 14) + ((c & 0x7f) << 7) + (d & 0x7f) + footer;
}
