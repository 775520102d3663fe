/** Of an index: some letters become many when they are written alike. */
const LONGEST = 300;

/**
 * What somebody is found by who is named: first and last name, however they are written. Null: one of them is not known.
 */
export function nameKey(firstName: string | null, lastName: string | null): string | null {
  const [first, last] = [plain(firstName), plain(lastName)];
  return first === '' || last === '' ? null : `${last}, ${first}`.slice(0, LONGEST);
}

function plain(name: string | null): string {
  const text = (name ?? '').normalize('NFKC').toLowerCase();
  return text
    .replace(/[’‘`´]/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
}
