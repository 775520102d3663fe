/**
 * Power spectra of 32 ms of sound every 10 ms: two Hann windows for each frame of 20 ms, one as the real and one as the
 * imaginary part of a single complex transform of 256 points (Cooley and Tukey). Nothing is allocated for a frame.
 */
export const FRAME_SAMPLES = 160;
export const HOP_MS = 10;
/** Bins of a spectrum, `BIN_HZ` apart, the first at 0 Hz. */
export const BINS = 129;
export const BIN_HZ = 8_000 / 256;

const SIZE = 256;
const HOP = FRAME_SAMPLES / 2;
/** What a frame's earlier window reaches back before the frame. */
const KEPT = SIZE - HOP;

const WINDOW = Float64Array.from({ length: SIZE }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / SIZE));
/** Makes the sum of a spectrum the mean square of the sound, of a full scale of 1. */
const SCALE = 2 / (SIZE * WINDOW.reduce((sum, weight) => sum + weight * weight, 0)) / 32_768 ** 2;
const COS = Float64Array.from({ length: SIZE / 2 }, (_, n) => Math.cos((2 * Math.PI * n) / SIZE));
const SIN = Float64Array.from({ length: SIZE / 2 }, (_, n) => -Math.sin((2 * Math.PI * n) / SIZE));
const REVERSED = Uint8Array.from({ length: SIZE }, (_, n) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((n >> bit) & 1) << (7 - bit);
  return reversed;
});

export class PairedSpectrum {
  /** Of the windows that end in the middle and at the end of the frame heard last. */
  readonly earlier = new Float64Array(BINS);
  readonly later = new Float64Array(BINS);
  readonly #heard = new Float64Array(KEPT + FRAME_SAMPLES);
  readonly #real = new Float64Array(SIZE);
  readonly #imaginary = new Float64Array(SIZE);

  hear(frame: Int16Array): void {
    const heard = this.#heard;
    heard.copyWithin(0, FRAME_SAMPLES);
    for (let n = 0; n < FRAME_SAMPLES; n++) heard[KEPT + n] = frame[n]!;
    for (let n = 0; n < SIZE; n++) {
      const at = REVERSED[n]!;
      const weight = WINDOW[n]!;
      this.#real[at] = weight * heard[n]!;
      this.#imaginary[at] = weight * heard[n + HOP]!;
    }
    this.#transform();
    this.#separate();
  }

  #transform(): void {
    const real = this.#real;
    const imaginary = this.#imaginary;
    for (let half = 1; half < SIZE; half *= 2) {
      const stride = SIZE / 2 / half;
      for (let start = 0; start < SIZE; start += 2 * half) {
        for (let n = 0; n < half; n++) {
          const cos = COS[n * stride]!;
          const sin = SIN[n * stride]!;
          const upper = start + n;
          const lower = upper + half;
          const re = real[lower]! * cos - imaginary[lower]! * sin;
          const im = real[lower]! * sin + imaginary[lower]! * cos;
          real[lower] = real[upper]! - re;
          imaginary[lower] = imaginary[upper]! - im;
          real[upper] = real[upper]! + re;
          imaginary[upper] = imaginary[upper]! + im;
        }
      }
    }
  }

  /** The spectrum of a real sound is even, that of an imaginary one odd. */
  #separate(): void {
    const real = this.#real;
    const imaginary = this.#imaginary;
    for (let bin = 0; bin < BINS; bin++) {
      const mirrored = (SIZE - bin) % SIZE;
      const evenRe = (real[bin]! + real[mirrored]!) / 2;
      const evenIm = (imaginary[bin]! - imaginary[mirrored]!) / 2;
      const oddRe = (imaginary[bin]! + imaginary[mirrored]!) / 2;
      const oddIm = (real[mirrored]! - real[bin]!) / 2;
      this.earlier[bin] = (evenRe * evenRe + evenIm * evenIm) * SCALE;
      this.later[bin] = (oddRe * oddRe + oddIm * oddIm) * SCALE;
    }
  }
}
