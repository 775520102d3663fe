/** The noise that is heard while the far end sends none (RFC 3389): white, at the level that it tells. */

/** The RMS value of 0 dBov: of a square wave that fills the 16-bit scale. */
const OVERLOAD = 32_767;
/** A power of two; long enough that nobody hears it repeat. */
const TABLE_SAMPLES = 16_384;

/** Even noise of RMS 1, the same at every start: it is to be heard, not to keep a secret. */
const NOISE = Float32Array.from({ length: TABLE_SAMPLES }, (_, i) => {
  let mixed = Math.imul(i + 1, 0x9e37_79b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b);
  return (((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 31 - 1) * Math.sqrt(3);
});

export class ComfortNoise {
  #rms = 0;
  #at = 0;

  /** 0 to -127. */
  set dBov(level: number) {
    this.#rms = OVERLOAD * 10 ** (level / 20);
  }

  /** The next sample, linear 16 bit. */
  next(): number {
    this.#at = (this.#at + 1) & (TABLE_SAMPLES - 1);
    const sample = Math.round(NOISE[this.#at]! * this.#rms);
    return Math.max(-32_768, Math.min(32_767, sample));
  }
}
