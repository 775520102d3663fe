import { describe, expect, test } from 'vitest';
import { waysFor, type Way } from '#core/calls/trunk-choice.js';

const way = (id: string, more: Partial<Way> = {}): Way => ({
  ...{ id, accountId: null, prefixes: [], priority: 100, well: true, free: 10 },
  ...more,
});
const call = { accountId: 'acc_1', number: '+442079460000', tried: [] as string[] };
const chosen = (ways: Way[], more: Partial<typeof call> = {}): string[] =>
  waysFor(ways, { ...call, ...more }).map(({ id }) => id);

describe('the trunks of a call', () => {
  test.each<[string, Way[], string[]]>([
    ['other prefixes are no way', [way('us', { prefixes: ['+1'] }), way('uk', { prefixes: ['+1', '+44'] })], ['uk']],
    ['another account’s is no way', [way('theirs', { accountId: 'acc_2' })], []],
    [
      'the longest prefix first, no prefix last',
      [way('all'), way('uk', { prefixes: ['+44'] }), way('london', { prefixes: ['+4420', '+1'] })],
      ['london', 'uk', 'all'],
    ],
    [
      'own ones before the installation’s, whatever their prefixes',
      [way('uk', { prefixes: ['+44'] }), way('own', { accountId: 'acc_1', priority: 900 })],
      ['own', 'uk'],
    ],
    ['the lowest priority first', [way('b', { priority: 2 }), way('a', { priority: 1 })], ['a', 'b']],
    [
      'those in trouble last, but not never',
      [way('down', { well: false, priority: 1, accountId: 'acc_1' }), way('up', { priority: 9 })],
      ['up', 'down'],
    ],
    ['among equals the one with most room', [way('full', { free: 1 }), way('empty', { free: 5 })], ['empty', 'full']],
    ['the older one of what is equal', [way('older'), way('younger')], ['older', 'younger']],
  ])('%s', (_what, ways, ids) => {
    expect(chosen(ways)).toEqual(ids);
  });

  test('are each tried once, and no more than five', () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => way(id));
    expect(chosen(many, { tried: ['a', 'c'] })).toEqual(['b', 'd', 'e', 'f']);
    expect(chosen(many, { tried: ['a', 'b', 'c', 'd', 'e'] })).toEqual([]);
  });
});
