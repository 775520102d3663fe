/**
 * The catalogue: stable ids, what each adapter's voices are in its terms, and which ids are known though nothing here
 * can speak them. An id is language, quality and a letter; F and M say female and male, the letters A to J are as
 * other platforms use them.
 */
import type { Voice } from '#speech/tts.js';

/**
 * Left out of flite's six: `kal`, which is `kal16` at 8 kHz, and `awb_time`, which can only tell the time. `awb` is a
 * speaker from Scotland.
 */
export const FLITE_VOICES: readonly Voice[] = [
  { id: 'en-US-Standard-F', language: 'en-US', gender: 'female', quality: 'standard', native: 'slt' },
  { id: 'en-US-Standard-M', language: 'en-US', gender: 'male', quality: 'standard', native: 'rms' },
  { id: 'en-US-Standard-B', language: 'en-US', gender: 'male', quality: 'standard', native: 'kal16' },
  { id: 'en-GB-Standard-M', language: 'en-GB', gender: 'male', quality: 'standard', native: 'awb' },
];

const NEURAL_LETTERS: Record<string, { female: string; male: string }> = {
  'en-US': { female: 'CEFGH', male: 'ABDIJM' },
  'en-GB': { female: 'ACF', male: 'BDM' },
};

/** Language and gender behind a neural id of the catalogue, whether or not an adapter has it. Case-insensitive. */
export function knownNeuralVoice(id: string): Pick<Voice, 'language' | 'gender'> | undefined {
  const wanted = id.toLowerCase();
  for (const [language, letters] of Object.entries(NEURAL_LETTERS)) {
    for (const gender of ['female', 'male'] as const) {
      if ([...letters[gender]].some((letter) => `${language}-Neural-${letter}`.toLowerCase() === wanted)) {
        return { language, gender };
      }
    }
  }
  return undefined;
}
