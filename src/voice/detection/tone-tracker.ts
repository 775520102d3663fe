/**
 * Finds single and double tones: where nearly all of the sound's power, beyond the line's noise, lies at one or two
 * frequencies that stay where they are. Says of each tone whether it stood alone, with a drop before and one after.
 */
import { BIN_HZ, HOP_MS } from '#voice/detection/paired-spectrum.js';
import { decibels, type SoundLevels } from '#voice/detection/sound-levels.js';

export interface Tone {
  hz: number;
  /** Of a double tone, the higher one. */
  secondHz: number | undefined;
  startMs: number;
  durationMs: number;
  /** dBFS. */
  levelDb: number;
  /** One pitch and one strength from begin to end. */
  isSteady: boolean;
  /** It was quiet before; it is quiet now. */
  isApartBefore: boolean;
  isApartAfter: boolean;
}

const LOWEST_BIN = Math.round(200 / BIN_HZ);
const HIGHEST_BIN = Math.round(3_700 / BIN_HZ);
/** The Hann window spreads a sine over two bins to each side. */
const LOBE = 2;
/** The part of the power beyond the noise that lies in the tone. */
const PURITY = 0.85;
/** Lower ones are hum and voices. */
const LEAST_HZ = 340;
const LEAST_LEVEL_DB = -48;
/** Above the noise of the whole band. */
const LEAST_OVER_FLOOR_DB = 2;
/** A second tone is at most this much weaker. */
const SECOND_WITHIN = 10 ** (-8 / 10);
/** How far a tone's pitch may be from its mean, of the mean; below, in Hz. */
const PITCH_WITHIN = 0.02;
const PITCH_WITHIN_HZ = 12;
const STEADY_PITCH = 0.008;
const STEADY_PITCH_HZ = 4;
const STEADY_LEVEL_DB = 2;
const ENDED_DROP_DB = 9;
const APART_DB = 7;
/** A click, a lost packet or a turn of the phase in a tone does not end it. */
const MOST_BAD_HOPS = 5;
const HOPS_BEFORE = 10;
/** Less than this is not even looked at, and what is heard is no tone before so long. */
const LEAST_HOPS = 6;
const HEARING_HOPS = 8;
const EDGE_HOPS = 2;
const SWELL_HOPS = 6;

export class ToneTracker {
  /** Milliseconds of a tone that is being heard; 0: none. */
  currentMs = 0;
  currentHz = 0;
  readonly #ended: (tone: Tone) => void;
  #hop = 0;
  readonly #before = new Float64Array(HOPS_BEFORE);
  /** Of the tone being heard. */
  #hops = 0;
  #startHop = 0;
  #badHops = 0;
  #isApartBefore = false;
  #seconds = 0;
  #hzSum = 0;
  #hzSquares = 0;
  #dbCount = 0;
  #dbSum = 0;
  #dbSquares = 0;
  #good = 0;
  #secondHz = 0;
  #bin = 0;
  #counted = 0;
  readonly #edgeHz = new Float64Array(EDGE_HOPS);
  readonly #edgeOtherHz = new Float64Array(EDGE_HOPS);
  readonly #edgeDb = new Float64Array(EDGE_HOPS);
  /** Waits for the next 10 ms, to see whether it is quiet after the tone. */
  #waiting: Tone | undefined;
  /** Of the last 10 ms. */
  #peakHz = 0;
  #peakBin = 0;
  #otherHz = 0;
  #isTonal = false;

  constructor(ended: (tone: Tone) => void) {
    this.#ended = ended;
  }

  get isHearing(): boolean {
    return this.#hops >= HEARING_HOPS;
  }

  get startMs(): number {
    return (this.#startHop - 1) * HOP_MS;
  }

  hear(spectrum: Float64Array, levels: SoundLevels): void {
    this.#hop++;
    this.#analyse(spectrum, levels);
    if (this.#waiting) this.#settle(levels);
    if (this.#hops > 0) this.#follow(spectrum, levels);
    else if (this.#isTonal) this.#begin(levels);
    this.#before[this.#hop % HOPS_BEFORE] = levels.db;
    this.#tellCurrent();
  }

  /** 20 ms of which nothing is known: what was heard is taken to go on. */
  hold(): void {
    this.#hop += 2;
    if (this.#hops > 0) this.#hops += 2;
    this.#tellCurrent();
  }

  #tellCurrent(): void {
    this.currentMs = this.isHearing ? this.#hops * HOP_MS : 0;
    this.currentHz = this.isHearing ? this.#meanHz() : 0;
  }

  #meanHz(): number {
    return this.#good > 0 ? this.#hzSum / this.#good : this.#edgeHz[(this.#counted - 1) % EDGE_HOPS]!;
  }

  #analyse(spectrum: Float64Array, levels: SoundLevels): void {
    let total = 0;
    let peak = LOWEST_BIN;
    for (let bin = LOWEST_BIN; bin <= HIGHEST_BIN; bin++) {
      const power = spectrum[bin]!;
      total += power;
      if (power > spectrum[peak]!) peak = bin;
    }
    const first = lobe(spectrum, peak);
    let other = -1;
    for (let bin = LOWEST_BIN; bin <= HIGHEST_BIN; bin++) {
      if (Math.abs(bin - peak) <= 2 * LOBE - 1) continue;
      if (other < 0 || spectrum[bin]! > spectrum[other]!) other = bin;
    }
    const second = lobe(spectrum, other);
    const noise = 10 ** (levels.floorDb / 10);
    const beyond = Math.max(first, total - noise);
    const isDouble = second >= first * SECOND_WITHIN && first < PURITY * beyond;
    const tonal = isDouble ? first + second : first;
    const [low, high] = isDouble && other < peak ? [other, peak] : [peak, other];
    this.#peakBin = low;
    this.#peakHz = pitch(spectrum, low);
    this.#otherHz = isDouble ? pitch(spectrum, high) : 0;
    this.#isTonal =
      this.#peakHz >= LEAST_HZ &&
      tonal >= PURITY * beyond &&
      decibels(tonal) >= LEAST_LEVEL_DB &&
      decibels(tonal) >= levels.floorDb + LEAST_OVER_FLOOR_DB;
  }

  #begin(levels: SoundLevels): void {
    this.#hops = 1;
    this.#startHop = this.#hop;
    this.#badHops = 0;
    this.#good = this.#seconds = this.#counted = 0;
    this.#hzSum = this.#hzSquares = this.#dbCount = this.#dbSum = this.#dbSquares = this.#secondHz = 0;
    this.#bin = this.#peakBin;
    const quiet = Math.max(levels.db - APART_DB, levels.floorDb + 3);
    this.#isApartBefore = this.#before.some((db) => db <= quiet);
    this.#count(levels.db);
  }

  #follow(spectrum: Float64Array, levels: SoundLevels): void {
    const hz = this.#meanHz();
    const db = this.#good > 0 ? this.#dbSum / this.#dbCount : this.#edgeDb[(this.#counted - 1) % EDGE_HOPS]!;
    this.#hops++;
    if (decibels(lobe(spectrum, this.#bin)) < this.#toneDb(db) - ENDED_DROP_DB) {
      this.#end(this.#hops - 1 - this.#badHops, levels);
    } else if (this.#isTonal && Math.abs(this.#peakHz - hz) <= Math.max(PITCH_WITHIN_HZ, PITCH_WITHIN * hz)) {
      this.#badHops = 0;
      this.#bin = this.#peakBin;
      this.#count(levels.db);
    } else if (this.#hops < 4 && this.#isTonal) {
      // The window was only half in it when the tone seemed to begin.
      const apart = this.#isApartBefore;
      this.#begin(levels);
      this.#isApartBefore = apart;
    } else if (++this.#badHops > MOST_BAD_HOPS) {
      this.#end(this.#hops - this.#badHops, levels, false);
      if (this.#isTonal) this.#begin(levels);
    }
  }

  /** One of two tones has half of the power. */
  #toneDb(db: number): number {
    return this.#seconds * 2 > this.#good ? db - 3 : db;
  }

  /**
   * What a tone is like is told by what lies at least 20 ms from its begin and its end: there the window is only partly
   * in it. So what is counted is what was heard 20 ms ago.
   */
  #count(db: number): void {
    const at = this.#counted++ % EDGE_HOPS;
    if (this.#counted > 2 * EDGE_HOPS) this.#commit(at);
    this.#edgeHz[at] = this.#peakHz;
    this.#edgeOtherHz[at] = this.#otherHz;
    this.#edgeDb[at] = db;
  }

  #commit(at: number): void {
    const hz = this.#edgeHz[at]!;
    const db = this.#edgeDb[at]!;
    this.#good++;
    this.#hzSum += hz;
    this.#hzSquares += hz ** 2;
    // A tone may swell; how loud it is and whether it stays so is told by what comes after.
    if (this.#good === SWELL_HOPS) this.#dbCount = this.#dbSum = this.#dbSquares = 0;
    this.#dbCount++;
    this.#dbSum += db;
    this.#dbSquares += db ** 2;
    if (this.#edgeOtherHz[at] === 0) return;
    this.#seconds++;
    this.#secondHz += this.#edgeOtherHz[at]!;
  }

  #end(hops: number, levels: SoundLevels, isDrop = true): void {
    this.#hops = 0;
    if (hops < LEAST_HOPS || this.#good === 0) return;
    const good = this.#good;
    const hz = this.#hzSum / good;
    const db = this.#dbSum / this.#dbCount;
    const hzSpread = Math.sqrt(Math.max(0, this.#hzSquares / good - hz ** 2));
    const dbSpread = Math.sqrt(Math.max(0, this.#dbSquares / this.#dbCount - db ** 2));
    const tone: Tone = {
      hz,
      secondHz: this.#seconds * 2 > good ? this.#secondHz / this.#seconds : undefined,
      startMs: this.startMs,
      // The window is 32 ms long, and tonal when most of it is in the tone.
      durationMs: hops * HOP_MS,
      levelDb: db,
      isSteady: hzSpread <= Math.max(STEADY_PITCH_HZ, STEADY_PITCH * hz) && dbSpread <= STEADY_LEVEL_DB,
      isApartBefore: this.#isApartBefore,
      isApartAfter: false,
    };
    if (isDrop) this.#waiting = tone;
    else this.#ended(tone);
    if (this.#waiting && levels.db <= Math.max(db - APART_DB - 6, levels.floorDb + 3)) this.#settle(levels);
  }

  #settle(levels: SoundLevels): void {
    const tone = this.#waiting;
    this.#waiting = undefined;
    if (!tone) return;
    tone.isApartAfter = levels.db <= Math.max(tone.levelDb - APART_DB, levels.floorDb + 3);
    this.#ended(tone);
  }
}

function lobe(spectrum: Float64Array, bin: number): number {
  let power = 0;
  for (let at = Math.max(0, bin - LOBE); at <= bin + LOBE && at < spectrum.length; at++) power += spectrum[at]!;
  return power;
}

/** Between the bins, by a parabola through the logarithms. */
function pitch(spectrum: Float64Array, bin: number): number {
  const [left, middle, right] = [spectrum[bin - 1], spectrum[bin], spectrum[bin + 1]];
  if (!left || !middle || !right) return bin * BIN_HZ;
  const [a, b, c] = [Math.log(left), Math.log(middle), Math.log(right)];
  const curve = a - 2 * b + c;
  return (bin + (curve < 0 ? (0.5 * (a - c)) / curve : 0)) * BIN_HZ;
}
