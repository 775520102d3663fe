import type { TextPart } from '#carriers/carrier.js';
import { alphabetOf, septetsOf, tablesOf, type Septets } from '#core/segments/encoding.js';
import { LANGUAGE_CODES } from '#core/segments/national-tables.js';

/** User data of one part, header included (3GPP TS 23.040, 9.2.3.16). */
const MOST_OCTETS = 140;

/** Information elements (3GPP TS 23.040, 9.2.3.24): concatenation with a reference of 8 bits, national languages. */
const CONCATENATION = 0x00;
export const SINGLE_SHIFT = 0x24;
export const LOCKING_SHIFT = 0x25;

const CONCATENATION_OCTETS = 5;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** What fits into one part: septets or UTF-16 units. */
export function capacityOf(encoding: string, concatenated: boolean): number {
  const elements = shifts(encoding).length + (concatenated ? CONCATENATION_OCTETS : 0);
  const header = elements === 0 ? 0 : elements + 1;
  return Math.floor(((MOST_OCTETS - header) * 8) / (alphabetOf(encoding) === 'gsm7' ? 7 : 16));
}

/**
 * The parts of a text as `encodeText` gave it; the same text, encoding and reference give the same parts. An escape
 * sequence or a surrogate pair is never cut, and what is read as one character only where it is longer than a part.
 */
export function partsOf(text: string, encoding: string, reference: number): TextPart[] {
  const bodies = bodiesOf(text, encoding);
  return bodies.map((body, index) => ({
    part: index + 1,
    header: headerOf(encoding, { reference, of: bodies.length, part: index + 1 }),
    body,
  }));
}

/** How many parts a text has. Throws on characters that the encoding does not have. */
export function segmentsOf(text: string, encoding: string): number {
  return bodiesOf(text, encoding).length;
}

function bodiesOf(text: string, encoding: string): Uint8Array[] {
  const units = alphabetOf(encoding) === 'gsm7' ? septetUnits(text, septetsOf(encoding)) : utf16Units(text);
  const length = units.reduce((sum, unit) => sum + unit.length, 0);
  const together = length <= capacityOf(encoding, false) ? [units] : cut(units, capacityOf(encoding, true));
  return together.map((some) =>
    alphabetOf(encoding) === 'gsm7' ? Uint8Array.from(some.flat()) : bigEndian(some.flat()),
  );
}

/** Puts as many units into each part as fit. */
function cut(units: readonly (readonly number[])[], capacity: number): (readonly number[])[][] {
  const parts: (readonly number[])[][] = [[]];
  let free = capacity;
  for (const unit of units) {
    if (unit.length > free) {
      parts.push([]);
      free = capacity;
    }
    parts.at(-1)?.push(unit);
    free -= unit.length;
  }
  return parts;
}

function septetUnits(text: string, septets: Septets): (readonly number[])[] {
  return Array.from(text, (character) => {
    const unit = septets.get(character);
    if (unit === undefined) throw new Error('a character that the encoding does not have');
    return unit;
  });
}

function utf16Units(text: string): number[][] {
  const most = capacityOf('ucs2', true);
  const units: number[][] = [];
  for (const { segment } of graphemes.segment(text)) {
    for (const piece of segment.length <= most ? [segment] : segment) {
      units.push(Array.from({ length: piece.length }, (_, at) => piece.charCodeAt(at)));
    }
  }
  return units;
}

function bigEndian(units: readonly number[]): Uint8Array {
  return Uint8Array.from(units.flatMap((unit) => [unit >> 8, unit & 0xff]));
}

function headerOf(
  encoding: string,
  { reference, of, part }: { reference: number; of: number; part: number },
): Uint8Array {
  const concatenation = of === 1 ? [] : [CONCATENATION, 3, reference, of, part];
  const elements = [...concatenation, ...shifts(encoding)];
  return Uint8Array.from(elements.length === 0 ? [] : [elements.length, ...elements]);
}

function shifts(encoding: string): number[] {
  if (encoding === 'gsm7' || encoding === 'ucs2') return [];
  const { locking, single } = tablesOf(encoding);
  return [
    ...(single === undefined ? [] : [SINGLE_SHIFT, 1, LANGUAGE_CODES[single]]),
    ...(locking === undefined ? [] : [LOCKING_SHIFT, 1, LANGUAGE_CODES[locking]]),
  ];
}
