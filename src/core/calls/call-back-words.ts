import { primarySubtag } from '#core/calls/code-words.js';

/** What is said to somebody who calls a number that campaigns call from (rule 5), in one language. */
export interface CallBackWords {
  who: (name: string) => string;
  /** To whom we called, and to whom we know of no call. */
  weCalled: string;
  othersCalled: string;
  /** After the key that stops it. */
  stopped: string;
  /** To whoever does not show their number: a key could not tell whose calls to stop. */
  hidden: string;
}

/** By the primary subtag of BCP 47; the same as `marketing-words.ts` has. */
const WORDS: Readonly<Record<string, CallBackWords>> = {
  en: {
    who: (name) => `This is ${name}.`,
    weCalled: 'We called you from this number.',
    othersCalled: 'Automated calls are made from this number.',
    stopped: 'You will not be called again. Goodbye.',
    hidden:
      'We cannot see the number that you are calling from. To stop these calls, call again with your number shown, or answer a text of ours with STOP.',
  },
  es: {
    who: (name) => `Está llamando a ${name}.`,
    weCalled: 'Le hemos llamado desde este número.',
    othersCalled: 'Desde este número se hacen llamadas automáticas.',
    stopped: 'No volveremos a llamarle. Adiós.',
    hidden:
      'No podemos ver el número desde el que llama. Para no recibir más llamadas, llame de nuevo mostrando su número o responda STOP a uno de nuestros mensajes.',
  },
  fr: {
    who: (name) => `Ici ${name}.`,
    weCalled: 'Nous vous avons appelé depuis ce numéro.',
    othersCalled: 'Des appels automatiques sont passés depuis ce numéro.',
    stopped: 'Nous ne vous appellerons plus. Au revoir.',
    hidden:
      'Nous ne voyons pas votre numéro. Pour ne plus recevoir ces appels, rappelez sans masquer votre numéro ou répondez STOP à l’un de nos messages.',
  },
  de: {
    who: (name) => `Hier ist ${name}.`,
    weCalled: 'Wir haben Sie von dieser Nummer angerufen.',
    othersCalled: 'Von dieser Nummer gehen automatische Anrufe aus.',
    stopped: 'Sie werden nicht mehr angerufen. Auf Wiederhören.',
    hidden:
      'Wir sehen Ihre Nummer nicht. Um diese Anrufe zu beenden, rufen Sie noch einmal mit angezeigter Nummer an oder antworten Sie mit STOP auf eine unserer Nachrichten.',
  },
  it: {
    who: (name) => `Risponde ${name}.`,
    weCalled: 'L’abbiamo chiamata da questo numero.',
    othersCalled: 'Da questo numero partono chiamate automatiche.',
    stopped: 'Non la chiameremo più. Arrivederci.',
    hidden:
      'Non vediamo il suo numero. Per non ricevere più queste chiamate, richiami mostrando il suo numero o risponda STOP a un nostro messaggio.',
  },
  pt: {
    who: (name) => `Está a ligar para ${name}.`,
    weCalled: 'Ligámos-lhe deste número.',
    othersCalled: 'Deste número são feitas chamadas automáticas.',
    stopped: 'Não voltaremos a ligar-lhe. Até logo.',
    hidden:
      'Não vemos o seu número. Para não receber mais estas chamadas, ligue de novo mostrando o seu número ou responda STOP a uma mensagem nossa.',
  },
  nl: {
    who: (name) => `U spreekt met ${name}.`,
    weCalled: 'Wij hebben u vanaf dit nummer gebeld.',
    othersCalled: 'Vanaf dit nummer wordt automatisch gebeld.',
    stopped: 'U wordt niet meer gebeld. Tot ziens.',
    hidden:
      'Wij zien uw nummer niet. Wilt u niet meer gebeld worden, bel dan opnieuw met uw nummer zichtbaar of antwoord STOP op een bericht van ons.',
  },
  pl: {
    who: (name) => `Dzień dobry, tu ${name}.`,
    weCalled: 'Dzwoniliśmy z tego numeru.',
    othersCalled: 'Z tego numeru wykonywane są połączenia automatyczne.',
    stopped: 'Nie będziemy więcej dzwonić. Do widzenia.',
    hidden:
      'Nie widzimy Państwa numeru. Aby nie otrzymywać tych połączeń, proszę zadzwonić ponownie z widocznym numerem lub odpowiedzieć STOP na naszą wiadomość.',
  },
};

/** The words of a language that there are words for, else English. */
export function callBackWords(language: string): CallBackWords {
  return WORDS[primarySubtag(language)] ?? (WORDS['en'] as CallBackWords);
}
