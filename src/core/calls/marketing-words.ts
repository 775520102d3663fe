import { primarySubtag } from '#core/calls/code-words.js';

/** What a marketing call says beside its message (rule 5), in one language. */
export interface MarketingWords {
  /** Who is calling. */
  from: (name: string) => string;
  /** How to stop it, with the key that does. */
  stop: (key: string) => string;
  /** To a machine, which presses no key: the number to call, its digits apart. */
  callBack: (digits: string) => string;
}

/** By the primary subtag of BCP 47. */
const WORDS: Readonly<Record<string, MarketingWords>> = {
  en: {
    from: (name) => `This is a message from ${name}.`,
    stop: (key) => `To stop these calls, press ${key} at any time.`,
    callBack: (digits) => `To stop these calls, call us at ${digits}.`,
  },
  es: {
    from: (name) => `Este es un mensaje de ${name}.`,
    stop: (key) => `Para no recibir más llamadas, pulse ${key} en cualquier momento.`,
    callBack: (digits) => `Para no recibir más llamadas, llámenos al ${digits}.`,
  },
  fr: {
    from: (name) => `Ceci est un message de ${name}.`,
    stop: (key) => `Pour ne plus recevoir ces appels, appuyez sur ${key} à tout moment.`,
    callBack: (digits) => `Pour ne plus recevoir ces appels, appelez-nous au ${digits}.`,
  },
  de: {
    from: (name) => `Dies ist eine Nachricht von ${name}.`,
    stop: (key) => `Um diese Anrufe zu beenden, drücken Sie jederzeit die ${key}.`,
    callBack: (digits) => `Um diese Anrufe zu beenden, rufen Sie uns an unter ${digits}.`,
  },
  it: {
    from: (name) => `Questo è un messaggio di ${name}.`,
    stop: (key) => `Per non ricevere più queste chiamate, prema ${key} in qualsiasi momento.`,
    callBack: (digits) => `Per non ricevere più queste chiamate, ci chiami al ${digits}.`,
  },
  pt: {
    from: (name) => `Esta é uma mensagem de ${name}.`,
    stop: (key) => `Para não receber mais estas chamadas, prima ${key} a qualquer momento.`,
    callBack: (digits) => `Para não receber mais estas chamadas, ligue para ${digits}.`,
  },
  nl: {
    from: (name) => `Dit is een bericht van ${name}.`,
    stop: (key) => `Wilt u niet meer gebeld worden, druk dan op elk moment op ${key}.`,
    callBack: (digits) => `Wilt u niet meer gebeld worden, bel ons dan op ${digits}.`,
  },
  pl: {
    from: (name) => `To jest wiadomość od ${name}.`,
    stop: (key) => `Aby nie otrzymywać tych połączeń, naciśnij ${key} w dowolnej chwili.`,
    callBack: (digits) => `Aby nie otrzymywać tych połączeń, zadzwoń pod numer ${digits}.`,
  },
};

/** The words of a language that there are words for, else English. */
export function marketingWords(language: string): MarketingWords {
  return WORDS[primarySubtag(language)] ?? (WORDS['en'] as MarketingWords);
}

/** `+12125550100` -> `1 2 1 2 5 5 5 0 1 0 0`: every digit is spoken alone. */
export function spokenDigits(number: string): string {
  return [...number.replace(/\D/g, '')].join(' ');
}
