/** Of minor units: the dollars of cents. */
export function wholeUnits(minor: number, currency: string): number {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return Math.floor(minor / 10 ** maximumFractionDigits);
}
