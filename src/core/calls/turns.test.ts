import { expect, test } from 'vitest';
import { Turns } from '#core/calls/turns.js';

test('so many work at once, the others in their order, also after one that failed', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const take = (number: number): Promise<number> =>
    turns.take(async () => {
      begun.push(number);
      await new Promise<void>((resolve) => (ends[number] = resolve));
      if (number === 0) throw new Error('it failed');
      return number;
    });
  const all = [take(0), take(1), take(2), take(3)];
  const first = expect(all[0]).rejects.toThrow('it failed');
  expect(begun).toEqual([0, 1]);
  ends[0]?.();
  await first;
  expect(begun).toEqual([0, 1, 2]);
  ends[2]?.();
  expect(await all[2]).toBe(2);
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[1]?.();
  ends[3]?.();
  expect(await Promise.all(all.slice(1))).toEqual([1, 2, 3]);
  const last = take(4);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  ends[4]?.();
  expect(await last).toBe(4);
});
