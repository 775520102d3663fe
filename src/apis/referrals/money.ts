/** 100.5 -> 10050, of a currency with hundredths; rounded, for what shops add up is not always exact. */
export function minorUnits(amount: number, currency: string): number {
  const digits = digitsOf(currency);
  return Math.round(Number(`${Number(amount.toPrecision(15))}e${digits}`));
}

/** 10050 -> 100.5 */
export function presentMoney(minor: number, currency: string): number {
  return minor / 10 ** digitsOf(currency);
}

export function presentMoneyOrNull(minor: number | null, currency: string): number | null {
  return minor === null ? null : presentMoney(minor, currency);
}

const known = new Map<string, number>();

function digitsOf(currency: string): number {
  let digits = known.get(currency);
  if (digits === undefined) {
    const options = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
    digits = options.maximumFractionDigits ?? 2;
    known.set(currency, digits);
  }
  return digits;
}
