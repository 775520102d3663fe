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

const VOICE_ID = /^([a-z]{2,3})(?:-([a-z]{2}))?-(standard|neural)-([a-z])$/i;

const LETTERS: Readonly<Record<string, { female: string; male: string }>> = {
  'en-US': { female: 'CEFGH', male: 'ABDIJM' },
  'en-GB': { female: 'ACF', male: 'BDM' },
};
const LETTERS_OF_OTHERS = { female: 'ACEFGH', male: 'BDIJM' };

/** What an id says of its voice, in any case of letters. Undefined: it is no id of the catalogue. */
export function voiceOfId(id: string): Omit<Voice, 'native'> | undefined {
  const [, primary = '', region, quality = '', anyLetter = ''] = VOICE_ID.exec(id) ?? [];
  const language = primary.toLowerCase() + (region === undefined ? '' : `-${region.toUpperCase()}`);
  const letter = anyLetter.toUpperCase();
  const { female, male } = LETTERS[language] ?? LETTERS_OF_OTHERS;
  if (letter === '' || !(female + male).includes(letter)) return undefined;
  const [name, kind] = /neural/i.test(quality) ? (['Neural', 'neural'] as const) : (['Standard', 'standard'] as const);
  const gender = female.includes(letter) ? 'female' : 'male';
  return { id: `${language}-${name}-${letter}`, language, gender, quality: kind };
}

/** Language and gender behind a neural id of the catalogue, whether or not an adapter has it. Case-insensitive. */
export function knownNeuralVoice(id: string): Pick<Voice, 'language' | 'gender'> | undefined {
  const voice = voiceOfId(id);
  return voice?.quality === 'neural' ? voice : undefined;
}
