import { ESCAPE } from '#core/segments/default-alphabet.js';
import { encodingOf, septetsOf } from '#core/segments/encoding.js';
import { LANGUAGE_CODES, LOCKING, NATIONAL_TABLES, type NationalTable } from '#core/segments/national-tables.js';
import { LOCKING_SHIFT, SINGLE_SHIFT } from '#core/segments/parts.js';

/** Characters by their septets, for each pair of tables. */
const readings = new Map<string, ReadonlyMap<string, string>>();

/**
 * The text of septets, one in each octet. `header`: user data header with its length octet, or empty; it names the
 * national tables (3GPP TS 23.040, 9.2.3.24.15 and .16). As TS 23.038, 6.2.1.1 says, what an extension does not have is
 * the character of the alphabet, and a second escape a space; so is the whole where tables are not known here.
 */
export function readGsm7(septets: Uint8Array, header: Uint8Array): string {
  const characters = charactersOf(tablesNamed(header));
  let text = '';
  for (let at = 0; at < septets.length; at += 1) {
    const septet = (septets[at] ?? 0) & 0x7f;
    if (septet !== ESCAPE) {
      text += characters.get(String(septet)) ?? ' ';
      continue;
    }
    at += 1;
    const shifted = (septets[at] ?? ESCAPE) & 0x7f;
    text += characters.get(`${ESCAPE},${shifted}`) ?? characters.get(String(shifted)) ?? ' ';
  }
  return text;
}

function tablesNamed(header: Uint8Array): { locking?: NationalTable; single?: NationalTable } {
  let tables: { locking?: NationalTable; single?: NationalTable } = {};
  for (let at = 1; at + 2 < header.length; at += 2 + (header[at + 1] ?? 0)) {
    const language = NATIONAL_TABLES.find((table) => LANGUAGE_CODES[table] === header[at + 2]);
    if (language === undefined || header[at + 1] !== 1) continue;
    if (header[at] === SINGLE_SHIFT) tables = { ...tables, single: language };
    if (header[at] === LOCKING_SHIFT && LOCKING[language] !== undefined) tables = { ...tables, locking: language };
  }
  return tables;
}

function charactersOf(tables: { locking?: NationalTable; single?: NationalTable }): ReadonlyMap<string, string> {
  const encoding = encodingOf(tables);
  let characters = readings.get(encoding);
  if (characters === undefined) {
    characters = new Map([...septetsOf(encoding)].map(([character, septets]) => [septets.join(), character]));
    readings.set(encoding, characters);
  }
  return characters;
}
