/**
 * What tones mean at the beginning of a call: a mailbox's beep, a fax, special information tones, busy and ringing, or a
 * key that somebody pressed.
 */
import { HIGH_GROUP, LOW_GROUP } from '#voice/codecs/dtmf-tones.js';
import type { Tone } from '#voice/detection/tone-tracker.js';

export type ToneMeaning =
  | { kind: 'beep'; tone: Tone }
  | { kind: 'fax'; hz: number; why: string }
  | { kind: 'network'; hz: number; why: string };

/** ITU-T V.25 and V.8: 2,100 Hz for seconds. No mailbox beeps so high. */
const FAX_ANSWER = { hz: 2_100, withinHz: 18, leastMs: 400 };
/** ITU-T T.30: 1,100 Hz for half a second, within 15 %. */
const FAX_CALL = { hz: 1_100, withinHz: 38, leastMs: 425, mostMs: 600 };
/** ITU-T E.180 clause 6, with North America's high and low, short and long variants. */
const INFORMATION_HZ = [950, 1_400, 1_800] as const;
const INFORMATION = { withinHz: 55, leastMs: 150, mostMs: 470, mostGapMs: 80 };
/** Dial, ringing, busy and congestion tones of most countries (ITU-T E.180 supplement 2). */
const PROGRESS = { leastHz: 330, mostHz: 640, longMs: 930, longMostHz: 485, likeHz: 0.03, likeMs: 0.2 };
/** A single burst of such a tone, before any word, waits so long for a second one; the first of three, for the next. */
const PROGRESS_WAIT_MS = 1_200;
const INFORMATION_WAIT_MS = 220;
const BEEP = { leastHz: 380, mostHz: 2_060, leastMs: 80, mostMs: 6_000 };
/** Below this, where voices have their strongest part, a vowel can be as steady as a tone for a tenth of a second. */
const VOICE = { mostHz: 600, leastMs: 150 };
/** A beep is about as loud as the words before it; a short one that is not is somebody's vowel. */
const BEEP_WITHIN_DB = { short: 10, long: 20, shortMs: 200 };
const KEY_WITHIN = 0.025;

export class CallTones {
  readonly #means: (meaning: ToneMeaning) => void;
  /** How many of the three special information tones have come in a row, and the end of the last. */
  #information = 0;
  #informationEndMs = 0;
  /** A burst that may be a progress tone's first or a special information tone's, or else a mailbox's only greeting. */
  #burst: Tone | undefined;
  #burstWaitMs = 0;
  #loudestDb = -Infinity;

  constructor(means: (meaning: ToneMeaning) => void) {
    this.#means = means;
  }

  /** A tone has ended. `hasSpoken`: somebody has said something before; `loudestDb`: how loud. */
  ended(tone: Tone, hasSpoken: boolean, loudestDb: number): void {
    this.#loudestDb = loudestDb;
    const inRow = hasSpoken ? 0 : this.#informationInRow(tone);
    if (inRow > 1) this.#burst = undefined;
    if (inRow === INFORMATION_HZ.length) {
      this.#means({ kind: 'network', hz: tone.hz, why: 'three rising tones came: special information' });
    } else if (inRow === 1) this.#wait(tone, INFORMATION_WAIT_MS);
    else if (inRow === 0 && !isKey(tone)) this.#ofOne(tone, hasSpoken);
  }

  #wait(tone: Tone, waitMs: number): void {
    this.#burst = tone;
    this.#burstWaitMs = waitMs;
  }

  /** Every 20 ms; `hz` and `toneMs`: of the tone that is being heard, 0 for none. */
  pass(nowMs: number, hz: number, toneMs: number, hasSpoken: boolean): void {
    if (Math.abs(hz - FAX_ANSWER.hz) <= FAX_ANSWER.withinHz && toneMs >= FAX_ANSWER.leastMs) {
      this.#means({ kind: 'fax', hz, why: `a tone of ${Math.round(hz)} Hz: a fax or a modem answers` });
    } else if (!hasSpoken && isProgress(hz) && hz <= PROGRESS.longMostHz && toneMs >= PROGRESS.longMs) {
      this.#burst = undefined;
      this.#means({
        kind: 'network',
        hz,
        why: `a long tone of ${Math.round(hz)} Hz before any word: ringing or dial tone`,
      });
    }
    const burst = this.#burst;
    if (!burst || toneMs > 0 || nowMs < burst.startMs + burst.durationMs + this.#burstWaitMs) return;
    this.#burst = undefined;
    this.#beep(burst);
  }

  #ofOne(tone: Tone, hasSpoken: boolean): void {
    const isCall = Math.abs(tone.hz - FAX_CALL.hz) <= FAX_CALL.withinHz;
    if (isCall && !hasSpoken && tone.durationMs >= FAX_CALL.leastMs && tone.durationMs <= FAX_CALL.mostMs) {
      this.#means({ kind: 'fax', hz: tone.hz, why: 'half a second of 1,100 Hz: a fax calls' });
    } else if (!hasSpoken && isProgress(tone.hz) && tone.isApartBefore) this.#progress(tone);
    else this.#beep(tone);
  }

  #progress(tone: Tone): void {
    const first = this.#burst;
    this.#wait(tone, PROGRESS_WAIT_MS);
    if (!first) return;
    const isLike =
      Math.abs(tone.hz - first.hz) <= PROGRESS.likeHz * first.hz &&
      Math.abs(tone.durationMs - first.durationMs) <= Math.max(40, PROGRESS.likeMs * first.durationMs);
    if (!isLike) return;
    this.#burst = undefined;
    this.#means({
      kind: 'network',
      hz: tone.hz,
      why: `bursts of ${Math.round(tone.hz)} Hz: busy, congestion or ringing`,
    });
  }

  #beep(tone: Tone): void {
    const { hz, durationMs, levelDb } = tone;
    const within = durationMs < BEEP_WITHIN_DB.shortMs ? BEEP_WITHIN_DB.short : BEEP_WITHIN_DB.long;
    if (levelDb < this.#loudestDb - within) return;
    const isOne = tone.isSteady && tone.isApartBefore && tone.isApartAfter;
    const leastMs = hz <= VOICE.mostHz ? VOICE.leastMs : BEEP.leastMs;
    const inRange = hz >= BEEP.leastHz && hz <= BEEP.mostHz && durationMs >= leastMs && durationMs <= BEEP.mostMs;
    if (isOne && inRange) this.#means({ kind: 'beep', tone });
  }

  /** How many of the three special information tones have come in a row with this one. */
  #informationInRow({ hz, startMs, durationMs }: Tone): number {
    const fits = (nth: number): boolean =>
      Math.abs(hz - INFORMATION_HZ[nth]!) <= INFORMATION.withinHz &&
      durationMs >= INFORMATION.leastMs &&
      durationMs <= INFORMATION.mostMs;
    const follows = startMs - this.#informationEndMs <= INFORMATION.mostGapMs;
    this.#information = follows && fits(this.#information) ? this.#information + 1 : fits(0) ? 1 : 0;
    this.#informationEndMs = startMs + durationMs;
    const inRow = this.#information;
    if (inRow === INFORMATION_HZ.length) this.#information = 0;
    return inRow;
  }
}

function isProgress(hz: number): boolean {
  return hz >= PROGRESS.leastHz && hz <= PROGRESS.mostHz;
}

function isKey({ hz, secondHz }: Tone): boolean {
  const near = (to: number, of: number): boolean => Math.abs(to - of) <= KEY_WITHIN * of;
  return (
    secondHz !== undefined && LOW_GROUP.some((low) => near(hz, low)) && HIGH_GROUP.some((high) => near(secondHz, high))
  );
}
