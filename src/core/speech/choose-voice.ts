import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Voice } from '#speech/tts.js';

/** In one text. */
export const MOST_CHARACTERS = 5_000;

const DEFAULT_VOICE = 'en-US-Standard-F';

/**
 * The voice that was asked for or the one that serves it, else one of the language, else the usual one.
 * @throws CoreError `speech.bad_input`
 */
export function chooseVoice(
  core: Pick<Core, 'speech'>,
  { voice: id, language }: { voice?: string | undefined; language?: string | undefined },
): Voice {
  const { speech } = core;
  if (id === undefined) {
    const usual = speech.resolveVoice(DEFAULT_VOICE)?.voice ?? speech.voices()[0];
    const voice = language === undefined ? usual : speech.voiceFor(language);
    if (voice === undefined) throw noLanguage(core, language ?? 'en');
    return voice;
  }
  const voice = speech.resolveVoice(id)?.voice;
  if (voice === undefined) {
    const known = speech.voices().map((one) => one.id);
    throw new CoreError('speech.bad_input', `There is no voice "${id}". The voices: ${known.join(', ')}.`, {
      field: 'voice',
    });
  }
  if (language !== undefined && primary(language) !== primary(voice.language)) {
    throw new CoreError('speech.bad_input', `The voice ${voice.id} speaks ${voice.language}, not "${language}".`, {
      field: 'language',
    });
  }
  return voice;
}

/** Of a tag as in BCP 47: `en` of `en-GB`. */
export function primary(language: string): string {
  return language.split('-')[0]!.toLowerCase();
}

function noLanguage({ speech }: Pick<Core, 'speech'>, language: string): CoreError {
  const languages = [...new Set(speech.voices().map((voice) => voice.language))];
  return new CoreError(
    'speech.bad_input',
    `No voice speaks "${language}". The languages: ${languages.join(', ') || 'none'}.`,
    { field: 'language' },
  );
}
