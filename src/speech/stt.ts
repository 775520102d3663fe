/**
 * The port of speech-to-text: an adapter writes down what is said in a sound. Where none is configured there is no
 * adapter at all (`undefined`), and whoever needs one says so: nothing that hears comes with the package.
 */
import type { Samples } from '#speech/tts.js';

export interface SpeechToText {
  /** Short and stable; shown to the operator (`deepgram`). */
  readonly name: string;
  /**
   * What is said, in one line without spaces around it; empty when nobody speaks. At most `MAX_HEARD_SECONDS` of
   * 8,000 to 48,000 samples a second; providers are at their best with 16,000.
   * Rejects with `SttError`; never hangs (adapters bound their own time and the size of what they read).
   */
  transcribe(sound: Samples, options?: HearingOptions): Promise<string>;
  /** Rejects what is under way. Idempotent. */
  close(): Promise<void>;
}

export interface HearingOptions {
  /** BCP 47, a hint. Without it the adapter's own default, or what it makes of the sound. */
  language?: string;
}

/** The message is for the person outside: it has no key, no address and no path in it. The cause is for the operator. */
export class SttError extends Error {
  override readonly name = 'SttError';
}

/** Of one sound. */
export const MAX_HEARD_SECONDS = 600;

/** What every adapter refuses before it asks anybody. @throws SttError */
export function checkSound({ pcm, rate }: Samples): void {
  if (!Number.isInteger(rate) || rate < 8_000 || rate > 48_000) {
    throw new SttError(`the sound has ${rate} samples a second; 8,000 to 48,000 can be used`);
  }
  if (pcm.length === 0) throw new SttError('there is no sound');
  if (pcm.length > MAX_HEARD_SECONDS * rate) {
    throw new SttError(`the sound is longer than ${MAX_HEARD_SECONDS / 60} minutes`);
  }
}
