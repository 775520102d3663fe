/** More than anybody pays for an order, in minor units, and few enough for a number to be exact. */
export const MOST_MINOR_UNITS = 1_000_000_000_000;

const known = new Map<string, number>();

/** How many digits of a currency stand behind the point: 2 of USD, 0 of JPY. */
function digitsOf(currency: string): number {
  let digits = known.get(currency);
  if (digits === undefined) {
    const shown = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
    digits = shown.maximumFractionDigits ?? 2;
    known.set(currency, digits);
  }
  return digits;
}

/** `100.5` of USD -> 10050. What is finer than the currency is rounded, halves away from zero. */
export function toMinorUnits(amount: number, currency: string): number {
  // As people write it: 1.005 is not what a binary fraction makes of it.
  const [digits = '0', exponent = '0'] = String(Math.abs(amount)).split('e');
  const minor = Math.round(Number(`${digits}e${Number(exponent) + digitsOf(currency)}`));
  return amount < 0 ? -minor : minor;
}

/** 10050 of USD -> 100. */
export function wholeUnits(minor: number, currency: string): number {
  return Math.floor(minor / 10 ** digitsOf(currency));
}

/** 10050 of USD -> `100.5`. */
export function fromMinorUnits(minor: number, currency: string): number {
  return Number(`${minor}e-${digitsOf(currency)}`);
}
