/**
 * The languages that eSpeak NG speaks here, of the hundred that it knows: those that it reads well enough to be followed
 * on the phone. American English is left to the voices that come with the package.
 */
import type { Voice } from '#speech/tts.js';

/** Language, and eSpeak's own name for it as `espeak-ng --voices` has it. */
const LANGUAGES: Readonly<Record<string, string>> = {
  'bg-BG': 'bg',
  'ca-ES': 'ca',
  'cs-CZ': 'cs',
  'da-DK': 'da',
  'de-DE': 'de',
  'el-GR': 'el',
  'es-ES': 'es',
  'es-MX': 'es-419',
  'fi-FI': 'fi',
  'fr-FR': 'fr-fr',
  'hi-IN': 'hi',
  'hr-HR': 'hr',
  'hu-HU': 'hu',
  'id-ID': 'id',
  'it-IT': 'it',
  'ko-KR': 'ko',
  'nb-NO': 'nb',
  'nl-NL': 'nl',
  'pl-PL': 'pl',
  'pt-BR': 'pt-br',
  'pt-PT': 'pt',
  'ro-RO': 'ro',
  'ru-RU': 'ru',
  'sk-SK': 'sk',
  'sv-SE': 'sv',
  'sw-KE': 'sw',
  'tr-TR': 'tr',
  'uk-UA': 'uk',
  'vi-VN': 'vi',
  'zh-CN': 'cmn',
};

/** A variant of every language's voice, which is a man's. */
const FEMALE = '+f2';

/** `listed`: what `espeak-ng --voices` prints. A voice each for women and men, of the languages in it. */
export function espeakVoices(listed: string): Voice[] {
  const installed = new Set(
    listed
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/)[1]),
  );
  const voices: Voice[] = Object.entries(LANGUAGES)
    .filter(([, native]) => installed.has(native))
    .flatMap(([language, native]) => [
      { id: `${language}-Standard-F`, language, gender: 'female', quality: 'standard', native: native + FEMALE },
      { id: `${language}-Standard-M`, language, gender: 'male', quality: 'standard', native },
    ]);
  // The British woman, who is missing among the voices that come with the package.
  const british: Voice = { ...BRITISH, native: `en-gb${FEMALE}` };
  return installed.has('en-gb') ? [...voices, british] : voices;
}

const BRITISH = { id: 'en-GB-Standard-F', language: 'en-GB', gender: 'female', quality: 'standard' } as const;
