import { expect, test } from 'vitest';
import { MOST_ATTEMPTS, retryDelayMs } from '#core/webhooks/retry-schedule.js';

const DAY = 86_400_000;
const delays = (random: number): number[] =>
  Array.from({ length: MOST_ATTEMPTS - 1 }, (_, index) => retryDelayMs(index + 1, random) ?? NaN);

test('there are as many waits as attempts after the first, and then none', () => {
  expect(delays(0.5).every((wait) => wait > 0)).toBe(true);
  expect(retryDelayMs(MOST_ATTEMPTS, 0.5)).toBeUndefined();
});

test('waits grow, whatever chance says', () => {
  for (const [index, shortest] of delays(0).entries()) {
    expect(shortest).toBeGreaterThanOrEqual(delays(0.999)[index - 1] ?? 0);
  }
});

test('they last more than a day and less than the time after which an endpoint is switched off', () => {
  const total = (random: number): number => delays(random).reduce((sum, wait) => sum + wait, 0);
  expect(total(0)).toBeGreaterThan(DAY);
  expect(total(0.999)).toBeLessThan(3 * DAY);
});

test('they are spread by a fifth to both sides', () => {
  expect([retryDelayMs(1, 0), retryDelayMs(1, 0.5), retryDelayMs(1, 1)]).toEqual([4000, 5000, 6000]);
});
