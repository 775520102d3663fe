/** 576 lines as whole numbers and their codewords: ISO/IEC 11172-3, 2.4.1.7 and C.1.5.4.4. */
import { PAIRS, QUADRUPLES, type Codewords } from '#speech/mp3-codewords.js';
import { GRANULE } from '#speech/mp3-filterbank.js';

/** The table of a region: its number in the side information, its words, and the bits of what is beyond 15. */
interface Table {
  number: number;
  words: Codewords;
  linbits: number;
}

/** What the side information says of a granule, and the numbers themselves. */
export interface Granule {
  globalGain: number;
  /** Bits of all codewords: part2_3_length, for there are no scale factors. */
  bits: number;
  values: Int32Array;
  bigValues: number;
  /** Where its three regions end, in lines. */
  regions: [Region, Region, Region];
  /** Scale factor bands of the first and the second region. */
  bandCounts: [number, number];
  quadruples: { table: 0 | 1; end: number };
}

export interface Region {
  end: number;
  table: Table | undefined;
}

/** Escape codes: at most 13 bits beyond 15. */
const LARGEST = 15 + 2 ** 13 - 1;
/** Rounds what lies between two steps of the power law. */
const ROUNDING = 0.4054;

const table = (number: number, words = number, linbits = 0): Table => ({ number, words: PAIRS[words]!, linbits });

/** By the largest value that they can say. */
const SMALL_TABLES: readonly [most: number, tables: readonly Table[]][] = [
  [1, [table(1)]],
  [2, [table(2), table(3)]],
  [3, [table(5), table(6)]],
  [5, [table(7), table(8), table(9)]],
  [7, [table(10), table(11), table(12)]],
  [15, [table(13), table(15)]],
];
const ESCAPE_TABLES: readonly (readonly Table[])[] = [
  [1, 2, 3, 4, 6, 8, 10, 13].map((linbits, index) => table(16 + index, 16, linbits)),
  [4, 5, 6, 7, 8, 9, 11, 13].map((linbits, index) => table(24 + index, 24, linbits)),
];

/** The finest quantisation that fits into so many bits. `bandEdges`: of the scale factor bands, from 0 to 576. */
export function fitGranule(lines: Float64Array, bandEdges: readonly number[], maxBits: number): Granule {
  const powers = lines.map((line) => Math.abs(line) ** 0.75);
  const loudest = powers.reduce((most, power) => Math.max(most, power), 0);
  let finest: Granule | undefined;
  let [low, high] = [0, 255];
  while (low <= high) {
    const globalGain = (low + high) >> 1;
    const scale = 2 ** ((-3 / 16) * (globalGain - 210));
    const granule = loudest * scale < LARGEST ? plan(lines, powers, scale, globalGain, bandEdges) : undefined;
    if (granule !== undefined && granule.bits <= maxBits) {
      finest = granule;
      high = globalGain - 1;
    } else {
      low = globalGain + 1;
    }
  }
  if (finest === undefined) throw new Error('no quantisation of the sound fits into its frame');
  return finest;
}

function plan(
  lines: Float64Array,
  powers: Float64Array,
  scale: number,
  globalGain: number,
  bandEdges: readonly number[],
): Granule {
  const values = new Int32Array(GRANULE);
  for (let at = 0; at < GRANULE; at++) {
    const value = Math.floor(powers[at]! * scale + ROUNDING);
    values[at] = lines[at]! < 0 ? -value : value;
  }
  let end = GRANULE;
  while (end > 0 && values[end - 1] === 0 && values[end - 2] === 0) end -= 2;
  let big = end;
  while (big >= 4 && isSmall(values, big - 4)) big -= 4;

  const bands = bandEdges.findIndex((edge) => edge >= big);
  // Both are written less one, in four and three bits.
  const first = Math.max(1, Math.min(16, Math.floor(bands / 3)));
  const second = Math.max(1, Math.min(8, Math.floor(bands / 3)));
  const edges = [bandEdges[first]!, bandEdges[first + second]!, big].map((edge) => Math.min(edge, big));
  let bits = 0;
  let start = 0;
  const regions = edges.map((regionEnd) => {
    const region = chooseTable(values, start, regionEnd);
    bits += region.bits;
    start = regionEnd;
    return { end: regionEnd, table: region.table };
  }) as Granule['regions'];
  const [first4, second4] = QUADRUPLES.map((words) => quadrupleBits(values, big, end, words)) as [number, number];
  const quadruples = { table: second4 < first4 ? 1 : 0, end } as const;
  bits += Math.min(first4, second4);
  return { globalGain, bits, values, bigValues: big / 2, regions, bandCounts: [first, second], quadruples };
}

function isSmall(values: Int32Array, start: number): boolean {
  for (let at = start; at < start + 4; at++) if (Math.abs(values[at]!) > 1) return false;
  return true;
}

function chooseTable(values: Int32Array, start: number, end: number): { table: Table | undefined; bits: number } {
  let most = 0;
  for (let at = start; at < end; at++) most = Math.max(most, Math.abs(values[at]!));
  if (most === 0) return { table: undefined, bits: 0 };
  const candidates =
    SMALL_TABLES.find(([largest]) => most <= largest)?.[1] ??
    ESCAPE_TABLES.flatMap((tables) => tables.find(({ linbits }) => most - 15 < 2 ** linbits) ?? []);
  let best: { table: Table; bits: number } | undefined;
  for (const candidate of candidates) {
    const bits = pairBits(values, start, end, candidate);
    if (best === undefined || bits < best.bits) best = { table: candidate, bits };
  }
  return best!;
}

function pairBits(values: Int32Array, start: number, end: number, { words, linbits }: Table): number {
  let bits = 0;
  for (let at = start; at < end; at += 2) {
    const x = Math.abs(values[at]!);
    const y = Math.abs(values[at + 1]!);
    bits += words.lengths[Math.min(x, 15) * words.width + Math.min(y, 15)]!;
    bits += (x > 0 ? 1 : 0) + (y > 0 ? 1 : 0);
    if (linbits > 0) bits += (x >= 15 ? linbits : 0) + (y >= 15 ? linbits : 0);
  }
  return bits;
}

function quadrupleBits(values: Int32Array, start: number, end: number, words: Codewords): number {
  let bits = 0;
  for (let at = start; at < end; at += 4) {
    const index = quadrupleAt(values, at);
    bits += words.lengths[index]! + signs(index);
  }
  return bits;
}

/** Which of the four are not 0, as four bits. */
export function quadrupleAt(values: Int32Array, at: number): number {
  let index = 0;
  for (let i = 0; i < 4; i++) index = 2 * index + (values[at + i] ? 1 : 0);
  return index;
}

function signs(index: number): number {
  return (index & 1) + ((index >> 1) & 1) + ((index >> 2) & 1) + (index >> 3);
}
