import { expect, test } from 'vitest';
import { fromMinorUnits, toMinorUnits } from '#core/sites/money.js';

test.each([
  [100.5, 'USD', 10_050],
  [1.005, 'USD', 101],
  [0.1 + 0.2, 'USD', 30],
  [-4.35, 'EUR', -435],
  [1e-7, 'USD', 0],
  [1e21, 'USD', 1e23],
  [1500, 'JPY', 1500],
  [1.2345, 'KWD', 1235],
])('%d %s is %d of its smallest', (amount, currency, minor) => {
  expect(toMinorUnits(amount, currency)).toBe(minor);
});

test('what is smallest is told in the whole', () => {
  expect([fromMinorUnits(10_050, 'USD'), fromMinorUnits(1500, 'JPY'), fromMinorUnits(-1, 'KWD')]).toEqual([
    100.5, 1500, -0.001,
  ]);
});
