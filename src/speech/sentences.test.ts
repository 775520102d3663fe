import { expect, it } from 'vitest';
import { MAX_SENTENCE_LENGTH, splitSentences } from '#speech/sentences.js';

it.each<[string, string[]]>([
  ['', []],
  ['... !', []],
  ['Hello', ['Hello']],
  ['Hello. How are you? Fine!', ['Hello.', 'How are you?', 'Fine!']],
  ['Dr. Smith met Mrs. Jones. They left.', ['Dr. Smith met Mrs. Jones.', 'They left.']],
  ['Come at 9 a.m. or 3 p.m. today.', ['Come at 9 a.m. or 3 p.m. today.']],
  ['It is 3 p.m. Please come.', ['It is 3 p.m.', 'Please come.']],
  ['At three P M. Call us.', ['At three P M.', 'Call us.']],
  ['Pi is 3.14 and a bit. Yes.', ['Pi is 3.14 and a bit.', 'Yes.']],
  ['See https://example.com/a.b?c=d. Thanks.', ['See https://example.com/a.b?c=d.', 'Thanks.']],
  ['J. R. R. Tolkien wrote. I read.', ['J. R. R. Tolkien wrote.', 'I read.']],
  ['You and I. Then they.', ['You and I.', 'Then they.']],
  ['Bread, milk, etc. and eggs. Bread, etc. Then eggs.', ['Bread, milk, etc. and eggs.', 'Bread, etc.', 'Then eggs.']],
  ['He said "Stop." Then he left.', ['He said "Stop."', 'Then he left.']],
  ['Wait... what? Wait... No.', ['Wait... what?', 'Wait...', 'No.']],
  ['One\nTwo', ['One', 'Two']],
  ['What?! No!!', ['What?!', 'No!!']],
])('%j', (text, sentences) => {
  expect(splitSentences(text)).toEqual(sentences);
});

it('cuts what is too long at a comma, else between words, else anywhere, and loses nothing', () => {
  const clause = 'and then we went to the shop to buy some bread';
  const long = Array.from({ length: 20 }, () => clause).join(', ');
  const pieces = splitSentences(long);
  expect(pieces.length).toBeGreaterThan(1);
  for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(MAX_SENTENCE_LENGTH);
  for (const piece of pieces.slice(0, -1)) expect(piece.endsWith('bread,')).toBe(true);
  expect(pieces.join(' ')).toBe(long);

  const words = 'word '.repeat(200).trim();
  expect(splitSentences(words).join(' ')).toBe(words);
  const unbroken = 'x'.repeat(1_000);
  expect(splitSentences(unbroken).map(({ length }) => length)).toEqual([300, 300, 300, 100]);
});
