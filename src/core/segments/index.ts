/** How texts are written and cut into parts (3GPP TS 23.038 and 23.040). Pure; sends nothing. */
export {
  charactersBeyond,
  encodeText,
  MOST_SEGMENTS,
  tablesFor,
  type EncodedText,
  type EncodeOptions,
} from '#core/segments/encode-text.js';
export { alphabetOf, type Encoding } from '#core/segments/encoding.js';
export { NATIONAL_TABLES, type NationalTable } from '#core/segments/national-tables.js';
export { partsOf } from '#core/segments/parts.js';
export { readGsm7 } from '#core/segments/read-gsm7.js';
