import { DEFAULT_ALPHABET } from '#core/segments/default-alphabet.js';

/** Languages with tables of their own (3GPP TS 23.038, annex A), by their ISO 639-1 codes. */
export const NATIONAL_TABLES = ['tr', 'es', 'pt'] as const;
export type NationalTable = (typeof NATIONAL_TABLES)[number];

/** National language identifiers (3GPP TS 23.038, 6.2.1.2.4), as the header of a text names them. */
export const LANGUAGE_CODES: Record<NationalTable, number> = { tr: 1, es: 2, pt: 3 };

/** Locking shift tables stand in place of the default alphabet (annex A.3). Spanish has none. */
export const LOCKING: Partial<Record<NationalTable, readonly string[]>> = {
  tr: defaultExcept({ 0x04: '€', 0x07: 'ı', 0x0b: 'Ğ', 0x0c: 'ğ', 0x1c: 'Ş', 0x1d: 'ş', 0x40: 'İ', 0x60: 'ç' }),
  pt: defaultExcept({
    ...{ 0x04: 'ê', 0x06: 'ú', 0x07: 'í', 0x08: 'ó', 0x09: 'ç', 0x0b: 'Ô', 0x0c: 'ô', 0x0e: 'Á', 0x0f: 'á' },
    ...{ 0x12: 'ª', 0x13: 'Ç', 0x14: 'À', 0x15: '∞', 0x16: '^', 0x17: '\\', 0x18: '€', 0x19: 'Ó', 0x1a: '|' },
    ...{ 0x1c: 'Â', 0x1d: 'â', 0x1e: 'Ê', 0x24: 'º', 0x40: 'Í', 0x5b: 'Ã', 0x5c: 'Õ', 0x5d: 'Ú', 0x60: '~' },
    ...{ 0x7b: 'ã', 0x7c: 'õ', 0x7d: '`' },
  }),
};

/** Single shift tables stand in place of the extension table, all of which they have, too (annex A.2). */
export const SINGLE: Record<NationalTable, ReadonlyMap<string, number>> = {
  tr: byCharacter({ 0x47: 'Ğ', 0x49: 'İ', 0x53: 'Ş', 0x63: 'ç', 0x67: 'ğ', 0x69: 'ı', 0x73: 'ş' }),
  es: byCharacter({
    ...{ 0x09: 'ç', 0x41: 'Á', 0x49: 'Í', 0x4f: 'Ó', 0x55: 'Ú', 0x61: 'á', 0x69: 'í', 0x6f: 'ó', 0x75: 'ú' },
  }),
  pt: byCharacter({
    ...{ 0x05: 'ê', 0x09: 'ç', 0x0b: 'Ô', 0x0c: 'ô', 0x0e: 'Á', 0x0f: 'á', 0x12: 'Φ', 0x13: 'Γ', 0x15: 'Ω' },
    ...{ 0x16: 'Π', 0x17: 'Ψ', 0x18: 'Σ', 0x19: 'Θ', 0x1f: 'Ê', 0x41: 'À', 0x49: 'Í', 0x4f: 'Ó', 0x55: 'Ú' },
    ...{ 0x5b: 'Ã', 0x5c: 'Õ', 0x61: 'Â', 0x69: 'í', 0x6f: 'ó', 0x75: 'ú', 0x7b: 'ã', 0x7c: 'õ', 0x7f: 'â' },
  }),
};

function defaultExcept(changes: Readonly<Record<number, string>>): readonly string[] {
  return DEFAULT_ALPHABET.map((character, code) => changes[code] ?? character);
}

function byCharacter(codes: Readonly<Record<number, string>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(codes).map(([code, character]) => [character, Number(code)]));
}
