import { fromMinorUnits } from '#core/sites/index.js';

export { fromMinorUnits as presentMoney, toMinorUnits as minorUnits } from '#core/sites/index.js';

/** What a thing is worth, of events as well: an amount of money, or per cent. */
export function presentWorth(
  { amount, percentage }: { amount?: unknown; percentage?: unknown },
  currency: string,
): { amount: number | null; percentage: boolean } {
  if (typeof percentage === 'number') return { amount: percentage / 100, percentage: true };
  return { amount: typeof amount === 'number' ? fromMinorUnits(amount, currency) : null, percentage: false };
}

export function presentMoneyOrNull(minor: number | null, currency: string): number | null {
  return minor === null ? null : fromMinorUnits(minor, currency);
}
