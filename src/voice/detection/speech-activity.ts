/**
 * Who speaks when, 20 ms at a time: speech is what is within some dB of the callee's own loudest and above the line's
 * noise. Short gaps between and within words belong to the speech.
 */
import type { SoundLevels } from '#voice/detection/sound-levels.js';

const FRAME_MS = 20;
/** Below the loudest heard so far; its memory fades by so many dB a second. */
const WITHIN_PEAK_DB = 15;
const PEAK_FADES_DB = 1;
const OVER_FLOOR_DB = 7;
const LEAST_SPEECH_DB = -52;
/** Speech begins with so many of the last six frames. */
const ONSET_FRAMES = 5;
/** In speech, one frame alone is a click. */
const GOES_ON_FRAMES = 2;
/** Stops of consonants and commas; what is longer is a pause. */
export const LONGEST_GAP_MS = 260;

/** Who is so much louder than all that was heard for so long is somebody else: the callee, at the phone. */
const NEARER_DB = 8;
const BACKGROUND_MS = 300;
/** A tone or noise shows this much before it is in full. */
const RETRACT_MARGIN_MS = 60;

export class SpeechActivity {
  /** Since the first word; `undefined` before it. */
  onsetMs: number | undefined;
  speechMs = 0;
  /** The silence that lasts now; 0 while somebody speaks. */
  pauseMs = 0;
  longestSpeechMs = 0;
  /** The pause that ended the first piece of speech; 0 while there was none. */
  firstPauseMs = 0;
  /** The piece of speech heard last or now. */
  pieceMs = 0;
  /** Its loudest, dBFS. */
  pieceDb = -Infinity;
  pieces = 0;
  #pieceBeganMs = -Infinity;
  /** As it was before the piece of speech heard last or now. */
  #before = { speechMs: 0, longestSpeechMs: 0, pauseMs: 0, peakDb: -Infinity };
  #peakDb = -Infinity;
  /** When nobody spoke last. */
  #quietPeakDb = -Infinity;
  #recent = 0;
  #activeInARow = 0;

  get pieceBeganMs(): number {
    return this.#pieceBeganMs;
  }

  /** The silence before the piece of speech heard last or now. */
  get pauseBeforeMs(): number {
    return this.#before.pauseMs;
  }

  /** The callee's loudest, dBFS, as far as it is remembered; -Infinity before the first word. */
  get loudestDb(): number {
    return this.#peakDb;
  }

  /** `isTone`: what is heard is no speech, and no silence. Returns whether somebody speaks. */
  hear(nowMs: number, levels: SoundLevels, isTone: boolean): boolean {
    const db = levels.smoothDb;
    if (this.#activeInARow === 0) this.#quietPeakDb = this.#peakDb;
    const least = Math.max(levels.floorDb + OVER_FLOOR_DB, this.#peakDb - WITHIN_PEAK_DB, LEAST_SPEECH_DB);
    const isActive = !isTone && db > least;
    this.#peakDb -= (PEAK_FADES_DB * FRAME_MS) / 1_000;
    this.#activeInARow = isActive ? this.#activeInARow + 1 : 0;
    this.#recent = ((this.#recent << 1) | (isActive ? 1 : 0)) & 0b111111;
    if (this.#activeInARow >= GOES_ON_FRAMES) {
      if (db > this.#peakDb + NEARER_DB && this.speechMs >= BACKGROUND_MS) this.#startAgain();
      this.#peakDb = Math.max(this.#peakDb, db);
    }
    const isSpeaking = this.onsetMs !== undefined && this.pauseMs < LONGEST_GAP_MS;
    const goesOn = this.#activeInARow >= (isSpeaking ? GOES_ON_FRAMES : ONSET_FRAMES);
    const begins = !isSpeaking && countOnes(this.#recent) >= ONSET_FRAMES && isActive;
    if (goesOn || begins) this.#speaks(nowMs, db, isSpeaking);
    else if (this.onsetMs !== undefined && !isTone) this.#pauses();
    return this.onsetMs !== undefined && this.pauseMs === 0;
  }

  #speaks(nowMs: number, db: number, isSpeaking: boolean): void {
    let heardMs = FRAME_MS;
    if (!isSpeaking) {
      heardMs = ONSET_FRAMES * FRAME_MS;
      this.#pieceBeganMs = nowMs - heardMs;
      const { speechMs, longestSpeechMs, pauseMs } = this;
      this.#before = { speechMs, longestSpeechMs, pauseMs, peakDb: this.#quietPeakDb };
      this.onsetMs ??= nowMs - heardMs;
      if (this.pieces === 1) this.firstPauseMs = Math.max(0, this.pauseMs - heardMs + FRAME_MS);
      this.pieces++;
      this.pieceMs = 0;
      this.pieceDb = -Infinity;
    } else if (this.pauseMs > 0) heardMs += this.pauseMs;
    this.pauseMs = 0;
    this.speechMs += heardMs;
    this.pieceMs += heardMs;
    this.pieceDb = Math.max(this.pieceDb, db);
    this.longestSpeechMs = Math.max(this.longestSpeechMs, this.pieceMs);
  }

  /** What was heard since then was no speech: a tone, or noise. What began before it stays. */
  retract(nowMs: number, sinceMs: number): void {
    if (this.pieces === 0 || this.#pieceBeganMs < sinceMs - RETRACT_MARGIN_MS) return;
    const { speechMs, longestSpeechMs, pauseMs, peakDb } = this.#before;
    Object.assign(this, { speechMs, longestSpeechMs });
    this.#peakDb = peakDb;
    this.pieces--;
    if (this.pieces === 1) this.firstPauseMs = 0;
    if (this.pieces === 0) this.onsetMs = undefined;
    this.pauseMs = this.pieces === 0 ? 0 : pauseMs + nowMs - this.#pieceBeganMs;
    this.#pieceBeganMs = -Infinity;
  }

  /** What was heard until now was people in the background. */
  #startAgain(): void {
    Object.assign(this, {
      onsetMs: undefined,
      speechMs: 0,
      longestSpeechMs: 0,
      firstPauseMs: 0,
      pauseMs: 0,
      pieces: 0,
    });
    this.#pieceBeganMs = -Infinity;
  }

  #pauses(): void {
    this.pauseMs += FRAME_MS;
  }
}

function countOnes(bits: number): number {
  let count = 0;
  for (let left = bits; left > 0; left >>= 1) count += left & 1;
  return count;
}
