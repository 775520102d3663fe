import { DEFAULT_ALPHABET, DEFAULT_EXTENSION, ESCAPE } from '#core/segments/default-alphabet.js';
import { LOCKING, NATIONAL_TABLES, SINGLE, type NationalTable } from '#core/segments/national-tables.js';

/**
 * How a text is written: `ucs2`, `gsm7`, or `gsm7:` and the national tables that it needs: `gsm7:tr-single`,
 * `gsm7:pt-locking+es-single`. It stands in a message's row, and with the text it says what goes out.
 */
export type Encoding = 'ucs2' | 'gsm7' | `gsm7:${string}`;

/** The tables of a 7 bit encoding that are not the default ones. */
export interface Tables {
  locking?: NationalTable;
  single?: NationalTable;
}

/** What a character is as septets, one or two. */
export type Septets = ReadonlyMap<string, readonly number[]>;

/** What carriers call it, whatever its tables. */
export function alphabetOf(encoding: string): 'gsm7' | 'ucs2' {
  return encoding === 'ucs2' ? 'ucs2' : 'gsm7';
}

export function encodingOf({ locking, single }: Tables): Encoding {
  const names = [
    ...(locking === undefined ? [] : [`${locking}-locking`]),
    ...(single === undefined ? [] : [`${single}-single`]),
  ];
  return names.length === 0 ? 'gsm7' : `gsm7:${names.join('+')}`;
}

/** The tables that an encoding names. Throws on what is no encoding: rows hold only what `encodeText` gave. */
export function tablesOf(encoding: string): Tables {
  const found = /^gsm7(?::(?:([a-z]{2})-locking)?\+?(?:([a-z]{2})-single)?)?$/.exec(encoding);
  if (found === null) throw new Error(`no 7 bit encoding: ${encoding}`);
  const [locking, single] = found.slice(1).map((name) => NATIONAL_TABLES.find((table) => table === name));
  const tables = { ...(locking === undefined ? {} : { locking }), ...(single === undefined ? {} : { single }) };
  if (encodingOf(tables) !== encoding) throw new Error(`no 7 bit encoding: ${encoding}`);
  return tables;
}

const known = new Map<string, Septets>();

/** The characters of a 7 bit encoding. */
export function septetsOf(encoding: string): Septets {
  let septets = known.get(encoding);
  if (septets === undefined) {
    septets = build(tablesOf(encoding));
    known.set(encoding, septets);
  }
  return septets;
}

function build({ locking, single }: Tables): Septets {
  const septets = new Map<string, number[]>();
  const extension = new Map([...DEFAULT_EXTENSION, ...(single === undefined ? [] : SINGLE[single])]);
  for (const [character, code] of extension) septets.set(character, [ESCAPE, code]);
  const alphabet = (locking === undefined ? undefined : LOCKING[locking]) ?? DEFAULT_ALPHABET;
  alphabet.forEach((character, code) => {
    if (code !== ESCAPE) septets.set(character, [code]);
  });
  return septets;
}
