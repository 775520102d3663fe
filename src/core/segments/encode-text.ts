import { countryCode } from '#core/address.js';
import { encodingOf, septetsOf, type Encoding } from '#core/segments/encoding.js';
import { LOCKING, type NationalTable } from '#core/segments/national-tables.js';
import { segmentsOf } from '#core/segments/parts.js';
import { plainlyWritten } from '#core/segments/smart-text.js';

/** A text may have this many parts at most. */
export const MOST_SEGMENTS = 10;

/** The tables that every telephone of a country must know, so that they need not be asked for. */
const TABLES_OF_COUNTRY: Readonly<Record<string, readonly NationalTable[]>> = { 90: ['tr'] };

export interface EncodeOptions {
  /** Whether typographic characters may be written plainly where that makes the text 7 bit (yes). */
  smart?: boolean | undefined;
  /** National tables that may be used (none). */
  tables?: readonly NationalTable[] | undefined;
}

export interface EncodedText {
  encoding: Encoding;
  /** As it goes out. */
  text: string;
  segments: number;
}

/** The national tables of a text to a number, where nobody said which. */
export function tablesFor(number: string): readonly NationalTable[] {
  return TABLES_OF_COUNTRY[countryCode(number)] ?? [];
}

/**
 * Finds how a text is written: in the default alphabet if it can be, also by writing typographic characters plainly;
 * else in national tables where they save a part; else as UCS-2, unchanged.
 */
export function encodeText(text: string, { smart = true, tables = [] }: EncodeOptions = {}): EncodedText {
  const written = smart ? [text, plainlyWritten(text)] : [text];
  for (const candidate of written) {
    if (fits(candidate, 'gsm7')) return encoded(candidate, 'gsm7');
  }
  const ucs2 = encoded(text, 'ucs2');
  if (tables.length === 0) return ucs2;
  return written
    .flatMap((candidate) =>
      nationalEncodings(tables)
        .filter((encoding) => fits(candidate, encoding))
        .map((encoding) => encoded(candidate, encoding)),
    )
    .reduce((best, one) => (one.segments < best.segments ? one : best), ucs2);
}

/** The characters, each once, because of which a text is not 7 bit; `most` of them. */
export function charactersBeyond(text: string, { smart = true, tables = [] }: EncodeOptions, most: number): string[] {
  const alphabets = ['gsm7', ...nationalEncodings(tables)].map(septetsOf);
  const beyond = new Set<string>();
  for (const character of smart ? plainlyWritten(text) : text) {
    if (beyond.size === most) break;
    if (!alphabets.some((alphabet) => alphabet.has(character))) beyond.add(character);
  }
  return [...beyond];
}

function encoded(text: string, encoding: Encoding): EncodedText {
  return { text, encoding, segments: segmentsOf(text, encoding) };
}

function fits(text: string, encoding: Encoding): boolean {
  const septets = septetsOf(encoding);
  for (const character of text) if (!septets.has(character)) return false;
  return true;
}

/** Those with one table first: where they need as many parts, fewer tables are asked of the telephone. */
function nationalEncodings(tables: readonly NationalTable[]): Encoding[] {
  const locking = tables.filter((table) => LOCKING[table] !== undefined);
  return [
    ...tables.map((single) => encodingOf({ single })),
    ...locking.map((one) => encodingOf({ locking: one })),
    ...locking.flatMap((one) => tables.map((single) => encodingOf({ locking: one, single }))),
  ];
}
