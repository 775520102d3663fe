import type { Fault } from '#core/errors.js';
import { fromMinorUnits, toMinorUnits } from '#core/sites/index.js';

/** Whole units of the currency -> minor units. What is finer than the currency is a fault. */
export function readMoney(amount: number, currency: string, path: string, faults: Fault[]): number {
  const minor = toMinorUnits(amount, currency);
  if (Number.isSafeInteger(minor) && fromMinorUnits(minor, currency) !== amount) {
    faults.push({ path, message: `has more decimals than ${currency} has` });
  }
  return minor;
}

/** Per cent -> hundredths of one. What is finer is a fault. */
export function readPercentage(percentage: number, path: string, faults: Fault[]): number {
  const hundredths = Math.round(percentage * 100);
  if (Number.isSafeInteger(hundredths) && hundredths / 100 !== percentage) {
    faults.push({ path, message: 'has more than two decimals' });
  }
  return hundredths;
}

/** Nothing where there is nothing. */
export function present<T>(
  name: string,
  value: T | null | undefined,
  told: (value: T) => unknown = (same) => same,
): Record<string, unknown> {
  return value === null || value === undefined ? {} : { [name]: told(value) };
}
