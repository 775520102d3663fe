/**
 * The port of text-to-speech: an adapter turns one sentence into samples. `speech.ts` stands in front of the adapters:
 * it picks the voice, cuts text into sentences, speaks numbers and dates as a person would, and keeps a cache.
 */
export interface TextToSpeech {
  /** Short and stable: part of cache keys (`flite`). */
  readonly name: string;
  /** The voices this adapter can speak with, in the catalogue's terms. */
  readonly voices: readonly Voice[];
  /** Texts leave this machine: it never stands in for another's voice, whose texts were not meant to. */
  readonly remote?: boolean;
  /**
   * Rejects with `SpeechError`; never hangs (adapters bound their own time). Plain text, one sentence.
   * `phone` (the default): may be of 8,000 samples a second, where that is made out of everybody's way; `file`: as good as
   * the adapter can.
   */
  synthesize(sentence: string, voice: Voice, use?: SoundUse): Promise<Samples>;
  close(): Promise<void>;
}

export interface Voice {
  /** Stable id in the form the field uses: `en-US-Standard-F`. */
  id: string;
  /** BCP 47. */
  language: string;
  gender: 'female' | 'male';
  quality: 'standard' | 'neural';
  /** The adapter's own name for it. */
  native: string;
}

export type SoundUse = 'phone' | 'file';

export interface Samples {
  pcm: Int16Array;
  /** Samples a second. */
  rate: number;
}

export interface Clip {
  /** 8,000 samples a second. */
  pcm: Int16Array;
  /** Who spoke instead of the voice that was asked for; its language may be another. */
  standIn?: Voice;
}

export class SpeechError extends Error {
  override readonly name = 'SpeechError';
}

/** What callers of the speech folder use. */
export interface Speech {
  /** Every id that `resolveVoice` accepts without degrading. */
  voices(): readonly Voice[];
  /**
   * The voice that serves `id` (case-insensitive): itself, or a standard voice of the same language and gender when a
   * known but absent voice (`en-US-Neural-F`) is asked for (`degraded`). Undefined for an id that nobody knows.
   */
  resolveVoice(id: string): { voice: Voice; degraded: boolean } | undefined;
  /**
   * The voice for a language (BCP 47): of just that tag, else of the same primary subtag (`es-MX` by `es-ES`), female
   * unless told otherwise. Undefined where nobody speaks it.
   */
  voiceFor(language: string, gender?: Voice['gender']): Voice | undefined;
  /**
   * The whole text, at most 5,000 characters, as clips of a sentence each. Rejects with `SpeechError`. When the voice
   * fails, another on this machine speaks the whole text, so that a call is never silent.
   */
  say(text: string, voice: Voice): Promise<Clip[]>;
  /** The whole text in one piece for a sound file, at the adapter's own rate. Otherwise as `say`. */
  speak(text: string, voice: Voice): Promise<Samples & Pick<Clip, 'standIn'>>;
  close(): Promise<void>;
}

/** How sound is written for others: Opus in Ogg; `pcm` is bare samples of 16 bits, the low byte first. */
export type AudioFormat = 'mp3' | 'wav' | 'ogg' | 'pcm';
