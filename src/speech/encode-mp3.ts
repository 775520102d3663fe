/**
 * MP3: MPEG-2 Layer III (ISO/IEC 13818-3, 2.4), one channel, 64 kbit/s in every frame. Long blocks and one gain a
 * granule: at four bits a line speech needs no model of hearing. No frame borrows bits of others, so that a piece of
 * the file plays as well as all of it.
 */
import { BitWriter } from '#speech/bit-writer.js';
import { QUADRUPLES } from '#speech/mp3-codewords.js';
import { DELAY, GRANULE, Mp3Filterbank } from '#speech/mp3-filterbank.js';
import { fitGranule, quadrupleAt, type Granule, type Region } from '#speech/mp3-granule.js';
import type { Samples } from '#speech/tts.js';

/** Of the two rates: its number in a header, and the edges of its scale factor bands (13818-3, table B.2). */
const RATES: Readonly<Record<number, { index: number; bandEdges: readonly number[] }>> = {
  16_000: {
    index: 2,
    bandEdges: edges([6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54]),
  },
  24_000: {
    index: 1,
    bandEdges: edges([6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 18, 22, 26, 32, 38, 46, 54, 62, 70, 76, 36]),
  },
};

const BITS_PER_SECOND = 64_000;
/** Its number in a header. */
const BIT_RATE_INDEX = 8;
const HEADER_BYTES = 4;
const SIDE_BYTES = 9;

/** 16,000 or 24,000 samples a second. The sound comes about 66 or 44 ms after the file's start. */
export function encodeMp3({ pcm, rate }: Samples): Uint8Array {
  const { index, bandEdges } = RATES[rate] ?? {};
  if (index === undefined || bandEdges === undefined) throw new Error(`MP3 of ${rate} samples a second is not made`);
  const frameBytes = (GRANULE / 8) * (BITS_PER_SECOND / rate);
  const frames = Math.ceil((pcm.length + DELAY) / GRANULE);
  const file = new Uint8Array(frames * frameBytes);
  const filterbank = new Mp3Filterbank(pcm);
  for (let frame = 0; frame < frames; frame++) {
    const maxBits = (frameBytes - HEADER_BYTES - SIDE_BYTES) * 8;
    const granule = fitGranule(filterbank.next(), bandEdges, maxBits);
    // What is left of the frame stays zero: ancillary data that nobody reads.
    const bits = new BitWriter(file.subarray(frame * frameBytes, (frame + 1) * frameBytes));
    writeHeader(bits, index);
    writeSideInformation(bits, granule);
    writeValues(bits, granule);
  }
  return file;
}

function edges(widths: readonly number[]): number[] {
  const list = [0];
  for (const width of widths) list.push(list.at(-1)! + width);
  return list;
}

function writeHeader(bits: BitWriter, rateIndex: number): void {
  bits.write(0x7ff, 11);
  // MPEG-2, Layer III, no checksum.
  bits.write(0b10_01_1, 5);
  bits.write(BIT_RATE_INDEX, 4);
  bits.write(rateIndex, 2);
  // No padding, no private bit.
  bits.write(0, 2);
  // One channel; no extension, no copyright, an original, no emphasis.
  bits.write(0b11_00_0_1_00, 8);
}

function writeSideInformation(bits: BitWriter, granule: Granule): void {
  // main_data_begin and a private bit.
  bits.write(0, 9);
  bits.write(granule.bits, 12);
  bits.write(granule.bigValues, 9);
  bits.write(granule.globalGain, 8);
  // No scale factors, long blocks.
  bits.write(0, 10);
  for (const { table } of granule.regions) bits.write(table?.number ?? 0, 5);
  bits.write(granule.bandCounts[0] - 1, 4);
  bits.write(granule.bandCounts[1] - 1, 3);
  bits.write(0, 1);
  bits.write(granule.quadruples.table, 1);
}

function writeValues(bits: BitWriter, { values, regions, quadruples }: Granule): void {
  let at = 0;
  for (const region of regions) {
    writePairs(bits, values, at, region);
    at = region.end;
  }
  const { codes, lengths } = QUADRUPLES[quadruples.table]!;
  for (; at < quadruples.end; at += 4) {
    const index = quadrupleAt(values, at);
    bits.write(codes[index]!, lengths[index]!);
    for (let i = 0; i < 4; i++) writeSign(bits, values[at + i]!);
  }
}

function writePairs(bits: BitWriter, values: Int32Array, start: number, { end, table }: Region): void {
  if (table === undefined) return;
  const { words, linbits } = table;
  for (let at = start; at < end; at += 2) {
    const pair = [values[at]!, values[at + 1]!] as const;
    const [x, y] = pair.map((value) => Math.min(Math.abs(value), 15)) as [number, number];
    const index = x * words.width + y;
    bits.write(words.codes[index]!, words.lengths[index]!);
    for (const value of pair) {
      if (linbits > 0 && Math.abs(value) >= 15) bits.write(Math.abs(value) - 15, linbits);
      writeSign(bits, value);
    }
  }
}

function writeSign(bits: BitWriter, value: number): void {
  if (value !== 0) bits.write(value < 0 ? 1 : 0, 1);
}
