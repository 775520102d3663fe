/** Words of addresses that are written in two ways. */
const SHORT: Readonly<Record<string, string>> = {
  street: 'st',
  str: 'st',
  strasse: 'st',
  avenue: 'ave',
  av: 'ave',
  road: 'rd',
  drive: 'dr',
  lane: 'ln',
  court: 'ct',
  place: 'pl',
  square: 'sq',
  boulevard: 'blvd',
  highway: 'hwy',
  parkway: 'pkwy',
  apartment: 'apt',
  suite: 'ste',
  floor: 'fl',
  building: 'bldg',
  number: 'no',
  north: 'n',
  south: 's',
  east: 'e',
  west: 'w',
};

/** An address in one way of writing, so that two spellings of it are known for one. Null: nothing to compare. */
export function shippingKey(address: string | null, zip: string | null): string | null {
  const words = plain(address ?? '').map((word) => SHORT[word] ?? word);
  const code = plain(zip ?? '').join('');
  // A code alone is a whole quarter.
  if (words.length === 0) return null;
  const street = words.join(' ');
  return code === '' || street.replaceAll(' ', '').includes(code) ? street : `${street} ${code}`;
}

function plain(text: string): string[] {
  const letters = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ß', 'ss');
  return letters.match(/[\p{L}\p{N}]+/gu) ?? [];
}
