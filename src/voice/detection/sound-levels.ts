/**
 * How loud it is each 10 ms in the telephone's band, and how loud the line is when nobody speaks: the least level of the
 * last two seconds (minimum statistics, R. Martin 2001, without its bias model), or that of a sound which keeps its level.
 */
import { BIN_HZ, HOP_MS } from '#voice/detection/paired-spectrum.js';

/** Below lie hum and engines, above the line's own filter. */
const LOWEST_BIN = Math.round(250 / BIN_HZ);
const HIGHEST_BIN = Math.round(3_600 / BIN_HZ);
/** Nothing is quieter; a line that is digitally silent between the words has a floor, too. */
export const LEAST_DB = -70;
const SMOOTHED_HOPS = 4;
const OPENING_HOPS = 12;
/** A block of 250 ms; eight of them are looked back on. */
const BLOCK_HOPS = 25;
const BLOCKS = 8;
/** Noise of one strength stays within so many dB for so long; speech does not. */
const STEADY_DB = 5;
const STEADY_HOPS = 40;
/** The least of many smoothed levels is below their mean. */
const FLOOR_BIAS_DB = 1.5;

export class SoundLevels {
  /** dBFS (a full-scale square wave is 0) of the last 10 ms, and of the last 40. */
  db = LEAST_DB;
  smoothDb = LEAST_DB;
  /** The line's own noise, dBFS. */
  floorDb = LEAST_DB;
  /** Since when a sound has kept its level so that it was just taken for noise; `undefined` in any other 10 ms. */
  steadySinceMs: number | undefined;
  readonly #powers = new Float64Array(SMOOTHED_HOPS);
  #heard = 0;
  #at = 0;
  #isOpen = false;
  /** Of those, without the ones in tones. */
  #hops = 0;
  readonly #minima = new Float64Array(BLOCKS).fill(Infinity);
  #blockMinimum = Infinity;
  readonly #recent = new Float64Array(STEADY_HOPS).fill(Infinity);
  #steadyFloorDb = -Infinity;

  /** `learns`: no tone is heard, so that what is heard may be noise. */
  hear(spectrum: Float64Array, learns: boolean): void {
    let power = 0;
    for (let bin = LOWEST_BIN; bin <= HIGHEST_BIN; bin++) power += spectrum[bin]!;
    this.#heard++;
    this.#powers[this.#at++ % SMOOTHED_HOPS] = power;
    this.db = decibels(power);
    let smooth = 0;
    for (let hop = 0; hop < SMOOTHED_HOPS; hop++) smooth += this.#powers[hop]! / SMOOTHED_HOPS;
    this.smoothDb = decibels(smooth);
    this.steadySinceMs = undefined;
    // A leg hears nothing at all until its jitter buffer has filled: that is not how quiet the line is.
    if (power > 0) this.#isOpen ||= this.#heard <= OPENING_HOPS;
    if (!learns || (!this.#isOpen && this.#heard <= OPENING_HOPS)) return;
    this.#hops++;
    if (this.#hops > SMOOTHED_HOPS + 2) this.#blockMinimum = Math.min(this.#blockMinimum, this.smoothDb);
    if (this.#hops % BLOCK_HOPS === 0) {
      this.#minima[(this.#hops / BLOCK_HOPS) % BLOCKS] = this.#blockMinimum;
      this.#blockMinimum = Infinity;
    }
    this.#learnSteady();
    let least = this.#blockMinimum;
    for (let block = 0; block < BLOCKS; block++) least = Math.min(least, this.#minima[block]!);
    const floor = Math.max(least === Infinity ? LEAST_DB : least + FLOOR_BIAS_DB, this.#steadyFloorDb);
    this.floorDb = Math.max(LEAST_DB, floor);
  }

  /** 20 ms of which nothing is known. */
  hold(): void {
    this.#heard += 2;
    this.steadySinceMs = undefined;
  }

  /** Noise that begins at once, such as a line that is put through: two seconds would be too long to learn it. */
  #learnSteady(): void {
    this.#recent[this.#hops % STEADY_HOPS] = this.smoothDb;
    let least = Infinity;
    let most = -Infinity;
    for (let hop = 0; hop < STEADY_HOPS; hop++) {
      least = Math.min(least, this.#recent[hop]!);
      most = Math.max(most, this.#recent[hop]!);
    }
    if (most - least < STEADY_DB) {
      if (least > this.floorDb + STEADY_DB) this.steadySinceMs = (this.#heard - STEADY_HOPS) * HOP_MS;
      this.#steadyFloorDb = (least + most) / 2;
    }
    // Noise that has gone again is forgotten.
    else if (this.smoothDb < this.#steadyFloorDb - STEADY_DB) this.#steadyFloorDb = -Infinity;
  }
}

export function decibels(power: number): number {
  return Math.max(LEAST_DB, 10 * Math.log10(power + 1e-12));
}
