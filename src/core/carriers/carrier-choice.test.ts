import { expect, test } from 'vitest';
import { carriersFor, MOST_CARRIERS } from '#core/carriers/carrier-choice.js';

const usual = { accountId: null, prefixes: [], senders: [], priority: 100, well: true };
const text = { accountId: 'acc_ours', from: '+18005550199', to: '+442079460000', tried: [] };
const chosen = (carriers: Parameters<typeof carriersFor>[0], given = text): string[] =>
  carriersFor(carriers, given).map(({ id }) => id);

test('the best first: well, the account’s own, by sender, by prefix, by priority', () => {
  expect(
    chosen([
      { ...usual, id: 'ill', accountId: 'acc_ours', well: false },
      { ...usual, id: 'last', priority: 200 },
      { ...usual, id: 'usual' },
      { ...usual, id: 'country', prefixes: ['+44'] },
      { ...usual, id: 'city', prefixes: ['+1', '+4420'] },
      { ...usual, id: 'sender', senders: ['+18005550199'] },
      { ...usual, id: 'own', accountId: 'acc_ours' },
    ]),
  ).toEqual(['own', 'sender', 'city', 'country', 'usual', 'last', 'ill']);
});

test('not those of another account, of other senders or numbers, nor those tried already', () => {
  expect(
    chosen(
      [
        { ...usual, id: 'theirs', accountId: 'acc_theirs' },
        { ...usual, id: 'other sender', senders: ['Shop'] },
        { ...usual, id: 'other number', prefixes: ['+1'] },
        { ...usual, id: 'tried' },
        { ...usual, id: 'left' },
      ],
      { ...text, tried: ['tried'] as never[] },
    ),
  ).toEqual(['left']);
});

test('at most five are tried', () => {
  const tried = Array.from({ length: MOST_CARRIERS }, (_, index) => `${index}`) as never[];
  expect(chosen([{ ...usual, id: 'sixth' }], { ...text, tried })).toEqual([]);
});
