import { expect, it } from 'vitest';
import { firstIdAt, newId } from '#core/ids.js';

it('sorts by time, and within a millisecond by the order of making', () => {
  const ids = [1_000, 1_000, 1_000, 1_001, 1_001, 5_000].map((now) => newId('evt', now));
  expect(ids.toSorted()).toEqual(ids);
  const many = Array.from({ length: 10_000 }, () => newId('evt', 1_700_000_000_000));
  expect(many.toSorted()).toEqual(many);
  expect(new Set(many).size).toBe(10_000);
});

it('has 26 characters of its alphabet after the prefix, the time first', () => {
  expect(newId('cal', 0)).toMatch(/^cal_0{10}[0-9a-hjkmnp-tv-z]{16}$/);
  expect(newId('cal', 2 ** 48 - 1)).toMatch(/^cal_7zzzzzzzzz/);
});

it('cannot be told from its neighbour', () => {
  const [one, two] = [newId('cal', 9_000), newId('cal', 9_000)];
  expect(one.slice(-12)).not.toBe(two.slice(-12));
});

it('has a bound for every moment, after what came before and not after what comes then', () => {
  expect([newId('cal', 8_999) < firstIdAt('cal', 9_000), firstIdAt('cal', 9_000) <= newId('cal', 9_000)]).toEqual([
    true,
    true,
  ]);
  expect(firstIdAt('cal', Date.parse('0000-01-01T00:00:00Z'))).toBe('cal_0000000000');
});
