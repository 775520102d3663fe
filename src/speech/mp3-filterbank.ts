/**
 * From samples to the 576 lines of a granule of MPEG Layer III: ISO/IEC 11172-3, C.1.3 (the 32 bands), 2.4.3.4.10 and
 * C.1.5.3.3 (long blocks, alias reduction). Plain sums rather than fast transforms: they are a small
 * part of the work.
 */
export const GRANULE = 576;
/** Samples by which what is decoded comes late: 481 of the bands, 576 of the overlapping blocks. */
export const DELAY = 1_057;

const BANDS = 32;
const SLOTS = 18;
const WINDOW = 512;

/** The low pass behind all bands, times 65,536: one half of it, the other is its mirror image. */
// prettier-ignore
const LOW_PASS = [
  0, -1, -1, -1, -1, -1, -1, -2, -2, -2, -2, -3, -3, -4, -4, -5, -5, -6, -7, -7, -8, -9, -10, -11, -13, -14, -16, -17,
  -19, -21, -24, -26, -29, -31, -35, -38, -41, -45, -49, -53, -58, -63, -68, -73, -79, -85, -91, -97, -104, -111,
  -117, -125, -132, -139, -147, -154, -161, -169, -176, -183, -190, -196, -202, -208, -213, -218, -222, -225, -227,
  -228, -228, -227, -224, -221, -215, -208, -200, -189, -177, -163, -146, -127, -106, -83, -57, -29, 2, 36, 72, 111,
  153, 197, 244, 294, 347, 401, 459, 519, 581, 645, 711, 779, 848, 919, 991, 1064, 1137, 1210, 1283, 1356, 1428, 1498,
  1567, 1634, 1698, 1759, 1817, 1870, 1919, 1962, 2001, 2032, 2057, 2075, 2085, 2087, 2080, 2063, 2037, 2000, 1952,
  1893, 1822, 1739, 1644, 1535, 1414, 1280, 1131, 970, 794, 605, 402, 185, -45, -288, -545, -814, -1095, -1388, -1692,
  -2006, -2330, -2663, -3004, -3351, -3705, -4063, -4425, -4788, -5153, -5517, -5879, -6237, -6589, -6935, -7271,
  -7597, -7910, -8209, -8491, -8755, -8998, -9219, -9416, -9585, -9727, -9838, -9916, -9959, -9966, -9935, -9863,
  -9750, -9592, -9389, -9139, -8840, -8492, -8092, -7640, -7134, -6574, -5959, -5288, -4561, -3776, -2935, -2037,
  -1082, -70, 998, 2122, 3300, 4533, 5818, 7154, 8540, 9975, 11455, 12980, 14548, 16155, 17799, 19478, 21189, 22929,
  24694, 26482, 28289, 30112, 31947, 33791, 35640, 37489, 39336, 41176, 43006, 44821, 46617, 48390, 50137, 51853,
  53534, 55178, 56778, 58333, 59838, 61289, 62684, 64019, 65290, 66494, 67629, 68692, 69679, 70590, 71420, 72169,
  72835, 73415, 73908, 74313, 74630, 74856, 74992, 75038,];

/** The window of C.1.3: the low pass with every other 64 values negated. */
const C = Float64Array.from({ length: WINDOW }, (_, n) => {
  const value = LOW_PASS[n <= 256 ? n : WINDOW - n]! / 65_536 / BANDS;
  return (n >> 6) & 1 ? -value : value;
});

/** By band, then by position in the folded window. */
const MODULATION = Float64Array.from({ length: BANDS * 64 }, (_, at) => {
  const [band, n] = [at >> 6, at & 63];
  return Math.cos(((2 * band + 1) * (n - 16) * Math.PI) / 64);
});

/** By line, then by slot: the sine window and the cosine of the transform. */
const TRANSFORM = Float64Array.from({ length: SLOTS * 2 * SLOTS }, (_, at) => {
  const [line, slot] = [Math.floor(at / (2 * SLOTS)), at % (2 * SLOTS)];
  const window = Math.sin((Math.PI / 36) * (slot + 0.5));
  return (window * Math.cos((Math.PI / 72) * (2 * slot + 1 + SLOTS) * (2 * line + 1))) / 9;
});

const ALIASES = [-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037].map((c) => {
  const length = Math.sqrt(1 + c * c);
  return { cs: 1 / length, ca: c / length };
});

/** One sound, granule after granule. */
export class Mp3Filterbank {
  readonly #pcm: Int16Array;
  #granule = 0;
  /** By band: the slots of the granule before, then of this one. */
  readonly #slots = new Float64Array(BANDS * 2 * SLOTS);
  readonly #folded = new Float64Array(64);

  constructor(pcm: Int16Array) {
    // Silence before and after, in place of a question at every sample.
    this.#pcm = new Int16Array(WINDOW + pcm.length + DELAY + 2 * GRANULE);
    this.#pcm.set(pcm, WINDOW);
  }

  /** The lines of the next granule. Full scale is 1. */
  next(): Float64Array {
    this.#slots.copyWithin(0, SLOTS);
    const start = WINDOW + this.#granule++ * GRANULE;
    for (let slot = 0; slot < SLOTS; slot++) this.#splitIntoBands(start + (slot + 1) * BANDS - 1, slot);
    const lines = this.#transform();
    reduceAliases(lines);
    return lines;
  }

  #splitIntoBands(newest: number, slot: number): void {
    const folded = this.#folded;
    for (let n = 0; n < 64; n++) {
      let sum = 0;
      for (let at = n; at < WINDOW; at += 64) sum += C[at]! * this.#pcm[newest - at]!;
      folded[n] = sum / 32_768;
    }
    for (let band = 0; band < BANDS; band++) {
      let sum = 0;
      for (let n = 0; n < 64; n++) sum += MODULATION[band * 64 + n]! * folded[n]!;
      // Odd bands come out with their frequencies reversed.
      this.#slots[band * 2 * SLOTS + SLOTS + slot] = band & slot & 1 ? -sum : sum;
    }
  }

  #transform(): Float64Array {
    const lines = new Float64Array(GRANULE);
    for (let at = 0; at < GRANULE; at++) {
      const slots = Math.floor(at / SLOTS) * 2 * SLOTS;
      const row = (at % SLOTS) * 2 * SLOTS;
      let sum = 0;
      for (let slot = 0; slot < 2 * SLOTS; slot++) sum += TRANSFORM[row + slot]! * this.#slots[slots + slot]!;
      lines[at] = sum;
    }
    return lines;
  }
}

function reduceAliases(lines: Float64Array): void {
  for (let edge = SLOTS; edge < GRANULE; edge += SLOTS) {
    for (const [i, { cs, ca }] of ALIASES.entries()) {
      const below = lines[edge - 1 - i]!;
      const above = lines[edge + i]!;
      lines[edge - 1 - i] = below * cs + above * ca;
      lines[edge + i] = above * cs - below * ca;
    }
  }
}
