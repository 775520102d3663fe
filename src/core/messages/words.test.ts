import { describe, expect, test } from 'vitest';
import { HELP_WORDS, meaningOf, REVOKING_PHRASES, START_WORDS, STOP_WORDS } from '#core/messages/words.js';

/** As people write a word; each is the same word. */
const WAYS: [string, (word: string) => string][] = [
  ['as it is', (word) => word],
  ['in lower case', (word) => word.toLowerCase()],
  ['with a capital', (word) => word.charAt(0) + word.slice(1).toLowerCase()],
  ['with a full stop', (word) => `${word}.`],
  ['shouted', (word) => `${word}!!!`],
  ['with spaces and a line end around it', (word) => `  ${word} \r\n`],
  ['in quotes', (word) => `“${word}”`],
  ['in brackets', (word) => `(${word.toLowerCase()})`],
  ['letter by letter', (word) => [...word].join(' ')],
  ['with dots between', (word) => [...word].join('.')],
  ['with a sign beside it', (word) => `🛑 ${word} 🙏`],
  [
    'in wide letters',
    (word) => [...word].map((letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0)).join(''),
  ],
];

const WORDS = [
  ...[...STOP_WORDS, 'OPT OUT', 'Opt-Out', 'Stop All'].map((word) => [word, 'stop'] as const),
  ...START_WORDS.map((word) => [word, 'start'] as const),
  ...HELP_WORDS.map((word) => [word, 'help'] as const),
];

describe.each(WORDS)('%s means %s', (word, meaning) => {
  test.each(WAYS)('%s', (_how, write) => {
    // Wide letters there are for letters alone.
    const bare = write === WAYS.at(-1)?.[1] ? word.toUpperCase().replaceAll(/[^A-Z]/g, '') : word;
    expect(meaningOf(write(bare))).toBe(meaning);
  });
});

describe('sentences that seem to revoke', () => {
  test.each(REVOKING_PHRASES.map(({ example }) => example))('%s', (example) => {
    for (const text of [example, example.toUpperCase(), `${example}!`, `  ${example.replaceAll("'", '’')}. `]) {
      expect(meaningOf(text)).toBe('revoking');
    }
  });

  test.each([
    'STOP texting me you idiots',
    'Pls stop sending me these texts',
    'dont text me',
    'Do not ever call this number again',
    'never message me again',
    'Please remove me from this list.',
    'Please delete my number',
    'Get me off this list',
    'Sorry, you have the wrong number',
    'I would like to opt out please',
    'unsubscribed!!',
    'no more promotional messages thanks',
    "We're not interested, thanks",
    'I never signed up for this',
    'I hereby withdraw my permission to be contacted',
    'stopp',
  ])('%s', (text) => {
    expect(meaningOf(text)).toBe('revoking');
  });
});

describe('other texts mean nothing to the ledger', () => {
  test.each([
    '',
    '   ',
    '👍',
    'STOPS',
    'Yes please, see you at 5',
    'I will stop by tomorrow',
    'The bus stop is closed',
    'weekend',
    'Can you help me?',
    'Start at nine?',
    'What is the number of the shop?',
    'Please call me back',
    'Thanks, got your message',
    'Cancel my appointment on Tuesday',
    'The end of the month works',
    'This is the right number',
    'I am interested',
  ])('%s', (text) => {
    expect(meaningOf(text)).toBe('nothing');
  });
});

test('a text without end keeps nobody waiting: it is looked at where it begins', () => {
  expect(meaningOf(`please stop texting me ${'and so on '.repeat(4000)}`)).toBe('revoking');
  expect(meaningOf(`${'and so on '.repeat(4000)} please stop texting me`)).toBe('nothing');
});
