/** What somebody means who answers a text with a word or a sentence (rule 4). Pure; `docs/opt-out.md` lists the same. */
export type Meaning = 'stop' | 'start' | 'help' | 'revoking' | 'nothing';

export const STOP_WORDS = ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT'] as const;
export const START_WORDS = ['START', 'UNSTOP', 'YES'] as const;
export const HELP_WORDS = ['HELP', 'INFO'] as const;

/** A sentence that seems to take consent back, with an example of it for the document and the test. */
interface Phrase {
  example: string;
  pattern: RegExp;
}

const REACH = '(?:text|txt|messag|msg|call|ring|phon|contact|bother|send|sms|spam)';
const THINGS =
  '(?:texts?|txts?|messages?|msgs?|sms|calls?|phone calls?|spam|marketing|ads?|adverts?|offers?|promotions?)';

/** Matched in lower case with single spaces; `docs/opt-out.md` is written from the examples. */
export const REVOKING_PHRASES: readonly Phrase[] = [
  {
    example: 'please stop',
    pattern:
      /^(?:(?:please|pls|plz|just|ok|okay|no|hey) )*stop(?: (?:it|this|now|please|pls|plz|all|asap|already|immediately))*$/,
  },
  { example: 'please stop texting me', pattern: new RegExp(`\\b(?:stop|quit|cease|end)\\b(?: \\w+){0,2} ${REACH}`) },
  {
    example: 'stop all messages',
    pattern: new RegExp(`\\b(?:stop|quit|cease|cancel|end)\\b(?: \\w+){0,3} ${THINGS}\\b`),
  },
  {
    example: "don't contact me again",
    pattern: new RegExp(`\\b(?:don'?t|do not|never|no longer|not to)\\b(?: \\w+){0,2} ${REACH}`),
  },
  { example: 'no more texts', pattern: new RegExp(`\\bno (?:more|further)(?: \\w+)? ${THINGS}\\b`) },
  {
    example: "I don't want these messages",
    pattern: new RegExp(`\\b(?:don'?t|do not|no longer) (?:want|wish|need|like|care)\\b.*\\b${THINGS}\\b`),
  },
  {
    example: 'take me off your list',
    pattern: /\b(?:take|get|leave) (?:me|us|my (?:number|name|phone)|this number) (?:off|out)\b/,
  },
  {
    example: 'remove my number',
    pattern: /\b(?:remove|delete|erase) (?:me|us|my (?:number|name|phone|info|information|data)|this number)\b/,
  },
  { example: 'unsubscribe me please', pattern: /\bun-?subscri(?:be|bed|bing)\b/ },
  { example: 'opt me out of this', pattern: /\bopt(?:ed|ing)?(?:[- ](?:me|us))?[- ]?out\b/ },
  {
    example: 'I revoke my consent',
    pattern: /\b(?:revok|withdraw|retract)\w*\b.*\b(?:consent|permission|agreement)\b/,
  },
  { example: 'wrong number', pattern: /\bwrong (?:number|person|guy|lady)\b/ },
  {
    example: 'you have the wrong phone',
    pattern: /\bnot (?:my|her|his|their|the right) (?:number|phone)\b|\bthe wrong (?:phone|one)\b/,
  },
  { example: 'lose my number', pattern: /\b(?:lose|forget|drop) (?:my|this) number\b/ },
  { example: 'leave me alone', pattern: /\bleave (?:me|us) alone\b/ },
  { example: 'not interested', pattern: /\b(?:not|never|no longer|isn'?t) interested\b/ },
  {
    example: 'I did not sign up for this',
    pattern: /\b(?:didn'?t|did not|never) (?:sign(?:ed)? up|subscribed?|agreed?|consent(?:ed)?|ask(?:ed)? for)\b/,
  },
  // The same word in other languages: German, French, Italian, Spanish, Portuguese, Dutch, Swedish, Polish, Turkish.
  {
    example: 'ALTO',
    pattern:
      /^(?:stopp|halt|abmelden|arr[eê]t|arr[eê]tez|d[eé]sabonner|basta|alto|baja|parar|pare|detener|sair|cancelar|afmelden|stoppa|rezygnuj[eę]|dur|iptal)$/,
  },
];

/** Characters in which a sentence is looked for: more of them would keep the process busy, and everybody else waiting. */
const LOOKED_AT = 1000;

/**
 * A word counts as the whole of the text, in any case, with any punctuation and spacing. A sentence that only seems to
 * revoke is for somebody to look at.
 */
export function meaningOf(text: string): Meaning {
  const plain = text.normalize('NFKC');
  const word = plain.toUpperCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  if (isOneOf(STOP_WORDS, word)) return 'stop';
  if (isOneOf(START_WORDS, word)) return 'start';
  if (isOneOf(HELP_WORDS, word)) return 'help';
  const sentence = plain
    .slice(0, LOOKED_AT)
    .toLowerCase()
    .replaceAll(/[‘’ʼ´`]/g, "'")
    .replaceAll(/[^\p{L}\p{N}' -]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return REVOKING_PHRASES.some(({ pattern }) => pattern.test(sentence)) ? 'revoking' : 'nothing';
}

function isOneOf(words: readonly string[], word: string): boolean {
  return words.includes(word);
}
