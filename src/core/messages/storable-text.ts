/** What carriers tell without what PostgreSQL cannot keep, NUL and halves of surrogate pairs: it would be told for ever. */
export function storable<Told extends object>(told: Told): Told {
  return Object.fromEntries(
    Object.entries(told).map(([name, value]) => [name, typeof value === 'string' ? clean(value) : (value as unknown)]),
  ) as Told;
}

function clean(text: string): string {
  return text.replaceAll('\u0000', '').replaceAll(/\p{Surrogate}/gu, '\ufffd');
}
