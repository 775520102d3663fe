/** Prices and quantities have four decimals at most; they are counted in ten-thousandths, and so never in fractions. */
const DECIMALS = 4;
const SCALE = 10n ** BigInt(DECIMALS);

/** More than anybody spends, and few enough for a number to be exact. */
export const MOST_MONEY = 1_000_000_000_000;

/** Whether it is an amount of at most twelve digits before the point and four behind it. */
export function isDecimal(text: string): boolean {
  return /^\d{1,12}(\.\d{1,4})?$/.test(text);
}

/** `0.8500` -> `0.85`. */
export function plainDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** What a quantity costs, in whole minor units: rounded up, once. */
export function costOf(price: string, quantity: number): number {
  const exact = tenThousandths(price) * tenThousandths(quantity.toFixed(DECIMALS));
  const whole = SCALE * SCALE;
  return Number((exact + whole - 1n) / whole);
}

/** ISO 4217, as far as this Node knows it. */
export function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf('currency').includes(code);
}

function tenThousandths(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole) * SCALE + BigInt(fraction.padEnd(DECIMALS, '0'));
}
