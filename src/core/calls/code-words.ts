import type { Speech, Voice } from '#speech/tts.js';

/** What a call that speaks a code says, in one language. */
export interface CodeWords {
  /** From 0 to 9, each spoken alone. */
  digits: readonly [string, string, string, string, string, string, string, string, string, string];
  intro: string;
  /** Before the code is read again. */
  again: string;
  goodbye: string;
  /** Asks whoever may not be a person for a key. */
  pressOne: string;
}

/** By the primary subtag of BCP 47. */
const WORDS: Readonly<Record<string, CodeWords>> = {
  en: {
    digits: ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],
    intro: 'Hello. This is your code.',
    again: 'Once more, this is your code.',
    goodbye: 'Goodbye.',
    pressOne: 'Hello. Press 1 to hear your code.',
  },
  es: {
    digits: ['cero', 'uno', 'dos', 'tres', 'cuatro', 'cinco', 'seis', 'siete', 'ocho', 'nueve'],
    intro: 'Hola. Este es su código.',
    again: 'Una vez más, este es su código.',
    goodbye: 'Adiós.',
    pressOne: 'Hola. Pulse uno para oír su código.',
  },
  fr: {
    digits: ['zéro', 'un', 'deux', 'trois', 'quatre', 'cinq', 'six', 'sept', 'huit', 'neuf'],
    intro: 'Bonjour. Voici votre code.',
    again: 'Encore une fois, voici votre code.',
    goodbye: 'Au revoir.',
    pressOne: 'Bonjour. Appuyez sur un pour entendre votre code.',
  },
  de: {
    digits: ['null', 'eins', 'zwei', 'drei', 'vier', 'fünf', 'sechs', 'sieben', 'acht', 'neun'],
    intro: 'Hallo. Hier ist Ihr Code.',
    again: 'Noch einmal, hier ist Ihr Code.',
    goodbye: 'Auf Wiederhören.',
    pressOne: 'Hallo. Drücken Sie die Eins, um Ihren Code zu hören.',
  },
  it: {
    digits: ['zero', 'uno', 'due', 'tre', 'quattro', 'cinque', 'sei', 'sette', 'otto', 'nove'],
    intro: 'Salve. Questo è il suo codice.',
    again: 'Ancora una volta, questo è il suo codice.',
    goodbye: 'Arrivederci.',
    pressOne: 'Salve. Prema uno per ascoltare il suo codice.',
  },
  pt: {
    digits: ['zero', 'um', 'dois', 'três', 'quatro', 'cinco', 'seis', 'sete', 'oito', 'nove'],
    intro: 'Olá. Este é o seu código.',
    again: 'Mais uma vez, este é o seu código.',
    goodbye: 'Até logo.',
    pressOne: 'Olá. Prima um para ouvir o seu código.',
  },
  nl: {
    digits: ['nul', 'een', 'twee', 'drie', 'vier', 'vijf', 'zes', 'zeven', 'acht', 'negen'],
    intro: 'Hallo. Dit is uw code.',
    again: 'Nog een keer, dit is uw code.',
    goodbye: 'Tot ziens.',
    pressOne: 'Hallo. Druk op één om uw code te horen.',
  },
  pl: {
    digits: ['zero', 'jeden', 'dwa', 'trzy', 'cztery', 'pięć', 'sześć', 'siedem', 'osiem', 'dziewięć'],
    intro: 'Dzień dobry. Oto twój kod.',
    again: 'Jeszcze raz, oto twój kod.',
    goodbye: 'Do widzenia.',
    pressOne: 'Dzień dobry. Naciśnij jeden, aby usłyszeć swój kod.',
  },
};

/** Languages that codes can be spoken in where a voice for them exists. */
export const CODE_LANGUAGES = Object.keys(WORDS);

/** `pt-BR` -> `pt`. */
export function primarySubtag(language: string): string {
  return (language.split('-')[0] ?? '').toLowerCase();
}

/** The words of a language that there are words for, else English. */
export function codeWords(language: string): CodeWords {
  return WORDS[primarySubtag(language)] ?? (WORDS['en'] as CodeWords);
}

/**
 * The voice for a code in the language that was asked for, where there are words and a voice for it; else an English
 * one. Undefined when there is none of either.
 */
export function codeVoice(speech: Pick<Speech, 'voiceFor'>, language: string): Voice | undefined {
  const spoken = CODE_LANGUAGES.includes(primarySubtag(language)) ? speech.voiceFor(language) : undefined;
  return spoken ?? speech.voiceFor('en-US');
}
