import { fromMinorUnits } from '#core/sites/index.js';

export { fromMinorUnits as presentMoney, toMinorUnits as minorUnits } from '#core/sites/index.js';

export function presentMoneyOrNull(minor: number | null, currency: string): number | null {
  return minor === null ? null : fromMinorUnits(minor, currency);
}
