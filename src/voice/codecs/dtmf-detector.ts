/**
 * Hears keys in the sound itself (ITU-T Q.24). Every 5 ms the last 20 ms are looked at: two frequencies, one of each
 * group, must hold nearly all of the energy, lie close to their nominal values and be about equally loud. Speech, which
 * has harmonics and moves, seldom does so for long ("talk-off").
 */
import { HIGH_GROUP, keyOf, LOW_GROUP } from '#voice/codecs/dtmf-tones.js';

const SAMPLE_RATE = 8_000;
const HOP = 40;
const HOPS_PER_WINDOW = 4;
const WINDOW = HOP * HOPS_PER_WINDOW;
const HOP_MS = (HOP * 1_000) / SAMPLE_RATE;
const FREQUENCIES = [...LOW_GROUP, ...HIGH_GROUP];
const GROUP = LOW_GROUP.length;

/** Mean square of a sine of -30 dBm0: Q.24 asks for -25 dBm0 and below -55 for nothing. */
const MIN_MEAN_SQUARE = (32_767 ** 2 / 2) * 10 ** ((-30 - 3.14) / 10);
/** The high group may be 4 dB louder, the low one 8 dB; with 1 dB for what the measure itself is off. */
const MAX_TWIST = 10 ** (5 / 10);
const MAX_REVERSE_TWIST = 10 ** (9 / 10);
/** Valid to 1.5 % off, invalid from 3.5 % on. */
const MAX_DEVIATION = 0.025;
/** The next strongest of a group, of the strongest: a window of 20 ms lets so much through to its neighbours. */
const MAX_NEIGHBOUR = 0.25;
/** Of all energy, in the two tones: 5 dB above everything else. */
const MIN_SHARE = 0.75;
/** Windows in a row: a tone of 40 ms gives six, one of 23 ms no more than three. */
const WINDOWS_TO_PRESS = 4;
/** A gap of 10 ms interrupts no key; one of 40 ms does. */
const WINDOWS_TO_RELEASE = 7;
/** Windows that find a tone begin before it is whole and end after it: their span is shorter than the tone by so much. */
const SPAN_MS = 10;

const COS = FREQUENCIES.map((hz) =>
  Float64Array.from({ length: HOP }, (_, n) => Math.cos((2 * Math.PI * hz * n) / SAMPLE_RATE)),
);
const SIN = FREQUENCIES.map((hz) =>
  Float64Array.from({ length: HOP }, (_, n) => Math.sin((2 * Math.PI * hz * n) / SAMPLE_RATE)),
);

export interface DtmfToneListener {
  pressed(digit: string): void;
  /** Once for each press. Milliseconds. */
  released(press: { digit: string; durationMs: number }): void;
}

export class DtmfDetector {
  readonly #listener: DtmfToneListener;
  /** For each frequency, the spectrum of the last four hops, with the phase of one clock: a ring. */
  readonly #re = FREQUENCIES.map(() => new Float64Array(HOPS_PER_WINDOW));
  readonly #im = FREQUENCIES.map(() => new Float64Array(HOPS_PER_WINDOW));
  readonly #energy = new Float64Array(HOPS_PER_WINDOW);
  #hop = 0;
  /** The key of the last windows, whether or not it counts as pressed yet. */
  #digit: string | undefined;
  #windows = 0;
  #misses = 0;
  #isPressed = false;

  constructor(listener: DtmfToneListener) {
    this.#listener = listener;
  }

  /** The next samples, a multiple of 40: 20 ms are 160. */
  heard(pcm: Int16Array): void {
    for (let at = 0; at + HOP <= pcm.length; at += HOP) {
      this.#take(pcm, at);
      this.#decide(this.#keyInWindow());
    }
  }

  /** Sound is missing: a key that is down ends here. */
  reset(): void {
    this.#release();
    this.#energy.fill(0);
    for (const part of [...this.#re, ...this.#im]) part.fill(0);
  }

  #take(pcm: Int16Array, from: number): void {
    const slot = this.#hop % HOPS_PER_WINDOW;
    let energy = 0;
    for (let n = 0; n < HOP; n++) energy += pcm[from + n]! * pcm[from + n]!;
    this.#energy[slot] = energy;
    for (let f = 0; f < FREQUENCIES.length; f++) {
      const cos = COS[f]!;
      const sin = SIN[f]!;
      let re = 0;
      let im = 0;
      for (let n = 0; n < HOP; n++) {
        const sample = pcm[from + n]!;
        re += sample * cos[n]!;
        im -= sample * sin[n]!;
      }
      // 40 samples are 5 ms: an integer number of hertz turns the phase by a multiple of 1/200 each time.
      const turns = (FREQUENCIES[f]! * this.#hop) % 200;
      const angle = (-2 * Math.PI * turns) / 200;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      this.#re[f]![slot] = re * c - im * s;
      this.#im[f]![slot] = re * s + im * c;
    }
    this.#hop = (this.#hop + 1) % (200 * HOPS_PER_WINDOW);
  }

  #keyInWindow(): string | undefined {
    let energy = 0;
    for (let i = 0; i < HOPS_PER_WINDOW; i++) energy += this.#energy[i]!;
    if (energy < MIN_MEAN_SQUARE * WINDOW) return undefined;
    const low = this.#strongest(0);
    const high = this.#strongest(GROUP);
    if (low === undefined || high === undefined) return undefined;
    const lowMeanSquare = this.#meanSquare(low);
    const highMeanSquare = this.#meanSquare(high);
    if (lowMeanSquare < MIN_MEAN_SQUARE || highMeanSquare < MIN_MEAN_SQUARE) return undefined;
    if (highMeanSquare > lowMeanSquare * MAX_TWIST || lowMeanSquare > highMeanSquare * MAX_REVERSE_TWIST) {
      return undefined;
    }
    if (lowMeanSquare + highMeanSquare < (MIN_SHARE * energy) / WINDOW) return undefined;
    return keyOf(low, high - GROUP);
  }

  /** Of a group, by index; undefined where two of it are about equally strong. */
  #strongest(from: number): number | undefined {
    let best = from;
    let bestPower = 0;
    let nextPower = 0;
    for (let f = from; f < from + GROUP; f++) {
      const re = sum(this.#re[f]!, 0, HOPS_PER_WINDOW);
      const im = sum(this.#im[f]!, 0, HOPS_PER_WINDOW);
      const power = re * re + im * im;
      if (power > bestPower) {
        nextPower = bestPower;
        bestPower = power;
        best = f;
      } else if (power > nextPower) nextPower = power;
    }
    return nextPower > bestPower * MAX_NEIGHBOUR ? undefined : best;
  }

  /**
   * The mean square of the tone near a frequency, 0 where it lies too far off. How far is told by the phase, which turns
   * from the first half of the window to the second by the difference.
   */
  #meanSquare(f: number): number {
    const oldest = this.#hop % HOPS_PER_WINDOW;
    const half = HOPS_PER_WINDOW / 2;
    const [re, im] = [this.#re[f]!, this.#im[f]!];
    const [re1, im1] = [sum(re, oldest, half), sum(im, oldest, half)];
    const [re2, im2] = [sum(re, oldest + half, half), sum(im, oldest + half, half)];
    const turn = Math.atan2(im2 * re1 - re2 * im1, re2 * re1 + im2 * im1);
    const offHz = (turn * SAMPLE_RATE) / (2 * Math.PI * half * HOP);
    if (Math.abs(offHz) > FREQUENCIES[f]! * MAX_DEVIATION) return 0;
    // A half window sees a tone beside its frequency weaker than it is, by the sine of the turn over the turn.
    const seen = Math.abs(turn) < 1e-6 ? 1 : Math.sin(turn / 2) / (turn / 2);
    const amplitude = (2 * (Math.hypot(re1, im1) + Math.hypot(re2, im2))) / (WINDOW * seen);
    return (amplitude * amplitude) / 2;
  }

  #decide(digit: string | undefined): void {
    if (digit !== undefined && digit === this.#digit) {
      // The windows that a short gap took belong to the press.
      this.#windows += this.#isPressed ? this.#misses + 1 : 1;
      this.#misses = 0;
      if (this.#isPressed || this.#windows < WINDOWS_TO_PRESS) return;
      this.#isPressed = true;
      this.#listener.pressed(digit);
      return;
    }
    if (this.#isPressed && ++this.#misses < WINDOWS_TO_RELEASE) return;
    this.#release();
    this.#digit = digit;
    this.#windows = digit === undefined ? 0 : 1;
  }

  #release(): void {
    const digit = this.#digit;
    const durationMs = (this.#windows - 1) * HOP_MS + SPAN_MS;
    const wasPressed = this.#isPressed;
    this.#digit = undefined;
    this.#windows = 0;
    this.#misses = 0;
    this.#isPressed = false;
    if (wasPressed && digit !== undefined) this.#listener.released({ digit, durationMs });
  }
}

/** Of so many values of a ring of four. */
function sum(ring: Float64Array, from: number, count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += ring[(from + i) % HOPS_PER_WINDOW]!;
  return total;
}
