/**
 * Who answered: listens from the answer on, 20 ms at a time, gives a verdict, and goes on listening for what changes it,
 * a mailbox's beep above all. Pure: time is the number of frames heard. `docs/machine-detection.md` has what it measures.
 */
import type { MachineDetectionOptions, MachineEvidence, MachineVerdict } from '#voice/engine.js';
import { CallTones, type ToneMeaning } from '#voice/detection/call-tones.js';
import { PairedSpectrum } from '#voice/detection/paired-spectrum.js';
import { SoundLevels } from '#voice/detection/sound-levels.js';
import { SpeechActivity } from '#voice/detection/speech-activity.js';
import { ToneTracker, type Tone } from '#voice/detection/tone-tracker.js';

export const DETECTION_DEFAULTS: Required<MachineDetectionOptions> = {
  machineSpeechMs: 2_400,
  humanSilenceMs: 1_200,
  initialSilenceMs: 4_000,
  verdictMs: 6_000,
  greetingEndMs: 2_500,
  maxMs: 60_000,
};

export interface MachineListener {
  verdict(verdict: MachineVerdict, revised: boolean, evidence: MachineEvidence): void;
  /** A mailbox's tone has ended. */
  beep(frequencyHz: number, durationMs: number): void;
  /** A machine has said nothing for `silenceMs`, and no beep came. */
  silence(silenceMs: number): void;
}

const FRAME_MS = 20;
/** Half a second; after a longer gap what was heard before says little. */
const MOST_SKIPPED_FRAMES = 25;
/**
 * Whoever has said more than a name is more likely a short greeting, and its tone may follow: for each second beyond the
 * first words half a second more of silence, to the most here.
 */
const FIRST_WORDS_MS = 900;
const MOST_LONGER_MS = 600;
/** Less than this is a click or a breath, after which a tone is the first thing that is said. */
const LEAST_SPEECH_MS = 500;

/** A mailbox is silent after its tone; what screens calls speaks again within seconds. */
const ANSWER = { leastMs: 1_500, mostMs: 8_000, speechMs: 600, withinDb: 6 };
/** Somebody who has said much and hears nothing asks again, shortly; a mailbox's tone would have come by then. */
const ASKS_AGAIN = { waitMs: 2_000, mostMs: 1_500, mostBeforeMs: 5_500 };

export class MachineDetector {
  readonly #options: Required<MachineDetectionOptions>;
  readonly #listener: MachineListener;
  readonly #spectrum = new PairedSpectrum();
  readonly #levels = new SoundLevels();
  readonly #tones = new ToneTracker((tone) => this.#toneEnded(tone));
  readonly #meanings = new CallTones((meaning) => this.#toneMeans(meaning));
  readonly #speech = new SpeechActivity();
  #nowMs = 0;
  #verdict: MachineVerdict | undefined;
  #beepHz: number | undefined;
  #beepEndMs = 0;
  #greetingDb = -Infinity;
  #hasToldSilence = false;

  constructor(options: MachineDetectionOptions, listener: MachineListener) {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    this.#options = { ...DETECTION_DEFAULTS, ...Object.fromEntries(given) };
    this.#listener = listener;
  }

  /** Listening has gone on for `maxMs`: nothing more will be told. */
  get isDone(): boolean {
    return this.#nowMs >= this.#options.maxMs;
  }

  get heardMs(): number {
    return this.#nowMs;
  }

  /** 160 samples, 8,000 a second. `isConcealed`: the jitter buffer made them up, wholly or in part. */
  hear(frame: Int16Array, isConcealed = false): void {
    if (this.isDone) return;
    this.#spectrum.hear(frame);
    if (isConcealed) {
      this.#hold();
      return;
    }
    this.#nowMs += FRAME_MS;
    this.#hop(this.#spectrum.earlier);
    this.#hop(this.#spectrum.later);
    this.#pass();
  }

  /** So many frames passed unheard. */
  skip(frames: number): void {
    for (let frame = 0; frame < Math.min(frames, MOST_SKIPPED_FRAMES) && !this.isDone; frame++) this.#hold();
  }

  #hop(spectrum: Float64Array): void {
    const { startMs, isHearing } = this.#tones;
    this.#levels.hear(spectrum, !isHearing);
    if (this.#levels.steadySinceMs !== undefined) this.#speech.retract(this.#nowMs, this.#levels.steadySinceMs);
    this.#tones.hear(spectrum, this.#levels);
    if (isHearing) this.#speech.retract(this.#nowMs, startMs);
  }

  /** What was heard last is taken to go on. */
  #hold(): void {
    this.#nowMs += FRAME_MS;
    this.#levels.hold();
    this.#tones.hold();
    this.#pass();
  }

  #pass(): void {
    const { isHearing, currentHz, currentMs } = this.#tones;
    this.#speech.hear(this.#nowMs, this.#levels, isHearing);
    this.#meanings.pass(this.#nowMs, currentHz, currentMs, this.#hasSpoken);
    if (isHearing) return;
    this.#judge();
    this.#tellSilence();
  }

  get #hasSpoken(): boolean {
    return this.#speech.speechMs >= LEAST_SPEECH_MS;
  }

  /** By speech and silence; tones have their own say. */
  #judge(): void {
    const { machineSpeechMs, humanSilenceMs, initialSilenceMs, verdictMs } = this.#options;
    const { onsetMs, speechMs, pauseMs } = this.#speech;
    if (this.#verdict === 'machine') this.#thinkAgain();
    if (this.#verdict !== undefined && this.#verdict !== 'silence') return;
    if (onsetMs === undefined) {
      if (this.#nowMs >= initialSilenceMs) this.#say('silence', `nothing was said for ${this.#nowMs} ms`);
    } else if (speechMs >= machineSpeechMs) {
      this.#say('machine', `${speechMs} ms of speech without a longer pause`);
    } else if (pauseMs >= humanSilenceMs + longerAfter(speechMs)) {
      this.#say('human', `${pauseMs} ms of silence after ${speechMs} ms of speech`);
    } else if (this.#nowMs - onsetMs >= verdictMs) {
      this.#say('unknown', `neither enough speech nor enough silence in ${verdictMs} ms`);
    }
  }

  /** What a machine would not do: speak again soon after its tone, or ask a short question after a long wait. */
  #thinkAgain(): void {
    const { pieceMs, pieceDb, pieceBeganMs, pauseBeforeMs, pauseMs, speechMs } = this.#speech;
    const sinceToneMs = pieceBeganMs - this.#beepEndMs;
    if (this.#beepHz !== undefined) {
      const isAnswer = sinceToneMs >= ANSWER.leastMs && sinceToneMs <= ANSWER.mostMs && pieceMs >= ANSWER.speechMs;
      const isAsLoud = pieceDb >= this.#greetingDb - ANSWER.withinDb;
      if (isAnswer && isAsLoud && speechMs - pieceMs >= this.#options.machineSpeechMs)
        this.#say(
          'screening',
          `speech again ${sinceToneMs} ms after the tone: somebody or something waits for an answer`,
        );
    } else if (
      pauseBeforeMs >= ASKS_AGAIN.waitMs &&
      pieceMs <= ASKS_AGAIN.mostMs &&
      pauseMs >= this.#options.humanSilenceMs &&
      speechMs - pieceMs <= ASKS_AGAIN.mostBeforeMs
    )
      this.#say('human', `after ${pauseBeforeMs} ms of waiting ${pieceMs} ms of speech, as of a person who asks again`);
  }

  #tellSilence(): void {
    const { pauseMs } = this.#speech;
    if (this.#hasToldSilence || this.#beepHz !== undefined || this.#verdict !== 'machine') return;
    if (pauseMs < this.#options.greetingEndMs) return;
    this.#hasToldSilence = true;
    this.#listener.silence(pauseMs);
  }

  #toneEnded(tone: Tone): void {
    this.#meanings.ended(tone, this.#hasSpoken, this.#speech.loudestDb);
  }

  #toneMeans(meaning: ToneMeaning): void {
    if (meaning.kind !== 'beep') {
      // A machine that has spoken may connect onwards; what it is does not change by that.
      if (this.#verdict === undefined || this.#verdict === 'silence') this.#say(meaning.kind, meaning.why);
      return;
    }
    if (this.#verdict === 'fax' || this.#verdict === 'network') return;
    const hz = Math.round(meaning.tone.hz);
    this.#beepHz = hz;
    this.#beepEndMs = this.#nowMs;
    this.#greetingDb = this.#speech.loudestDb;
    if (this.#verdict !== 'machine') this.#say('machine', `a tone of ${hz} Hz for ${meaning.tone.durationMs} ms`);
    this.#listener.beep(hz, meaning.tone.durationMs);
  }

  #say(verdict: MachineVerdict, why: string): void {
    const revised = this.#verdict !== undefined;
    if (this.#verdict === verdict) return;
    this.#verdict = verdict;
    const { speechMs, pauseMs, longestSpeechMs, firstPauseMs, onsetMs } = this.#speech;
    this.#listener.verdict(verdict, revised, {
      atMs: this.#nowMs,
      speechMs,
      silenceMs: onsetMs === undefined ? this.#nowMs : pauseMs,
      longestSpeechMs,
      firstPauseMs,
      ...(this.#beepHz !== undefined && { beepHz: this.#beepHz }),
      why,
    });
  }
}

function longerAfter(speechMs: number): number {
  return Math.max(0, Math.min(MOST_LONGER_MS, (speechMs - FIRST_WORDS_MS) / 2));
}
