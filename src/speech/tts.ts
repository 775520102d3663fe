/**
 * The port of text-to-speech: an adapter turns one sentence into samples. `speech.ts` stands in front of the adapters:
 * it picks the voice, cuts text into sentences, speaks numbers and dates as a person would, and keeps a cache.
 */
export interface TextToSpeech {
  /** Short and stable: part of cache keys (`flite`). */
  readonly name: string;
  /** The voices this adapter can speak with, in the catalogue's terms. */
  readonly voices: readonly Voice[];
  /** Rejects with `SpeechError`; never hangs (adapters bound their own time). Plain text, one sentence. */
  synthesize(sentence: string, voice: Voice): Promise<Samples>;
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

export interface Samples {
  pcm: Int16Array;
  /** Samples a second. */
  rate: number;
}

export class SpeechError extends Error {
  override readonly name = 'SpeechError';
}

/** What callers of the speech folder use. 8,000 samples a second, ready for the phone. */
export interface Speech {
  /** Every id that `resolveVoice` accepts without degrading. */
  voices(): readonly Voice[];
  /**
   * The voice that serves `id` (case-insensitive): itself, or a standard voice of the same language and gender when a
   * known but absent voice (`en-US-Neural-F`) is asked for (`degraded`). Undefined for an id that nobody knows.
   */
  resolveVoice(id: string): { voice: Voice; degraded: boolean } | undefined;
  /** The whole text, at most 5,000 characters, as clips of a sentence each. Rejects with `SpeechError`. */
  say(text: string, voice: Voice): Promise<{ pcm: Int16Array }[]>;
  close(): Promise<void>;
}
