/** What word processors and telephones write, and what stands for it in the default alphabet. */
const REPLACEMENTS: readonly (readonly [string, RegExp])[] = [
  ["'", /[\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02bb\u02bc\u02b9\u00b4\u0060\uff07]/g],
  ['"', /[\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\uff02]/g],
  ['-', /[\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]/g],
  ['...', /\u2026/g],
  ['/', /[\u2044\u2215]/g],
  ['*', /[\u2022\u2023\u25cf\u25e6\u00b7]/g],
  [' ', /[\t\u00a0\u2000-\u200a\u202f\u205f\u3000]/g],
  ['\n', /\r\n|[\u2028\u2029\u0085]/g],
  // Seen by nobody: joiners, marks of direction, soft hyphens, byte order marks, variation selectors of text.
  ['', /[\u00ad\u061c\u180e\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g],
  ['', /\u200b|\u200c|\u200d|\u200e|\u200f|\ufe0e/g],
];

/**
 * The text with typographic characters written plainly, and accents joined to their letters (NFC). Letters stay as
 * they are: nobody's name loses its accent.
 */
export function plainlyWritten(text: string): string {
  let plain = text.normalize('NFC');
  for (const [replacement, characters] of REPLACEMENTS) plain = plain.replace(characters, replacement);
  return plain;
}
