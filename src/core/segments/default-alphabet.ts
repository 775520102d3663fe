/**
 * The GSM 7 bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1 and 6.2.1.1), in the order of their
 * codes. At 0x1B of the alphabet stands the escape to the extension, here as a character that is none.
 */
export const ESCAPE = 0x1b;

const NONE = '\uffff';

export const DEFAULT_ALPHABET: readonly string[] = [
  '@£$¥èéùìòÇ\nØø\rÅå',
  `Δ_ΦΓΛΩΠΨΣΘΞ${NONE}ÆæßÉ`,
  ' !"#¤%&\'()*+,-./',
  '0123456789:;<=>?',
  '¡ABCDEFGHIJKLMNO',
  'PQRSTUVWXYZÄÖÑÜ§',
  '¿abcdefghijklmno',
  'pqrstuvwxyzäöñüà',
].flatMap((row) => [...row]);

export const DEFAULT_EXTENSION: ReadonlyMap<string, number> = new Map([
  ['\f', 0x0a],
  ['^', 0x14],
  ['{', 0x28],
  ['}', 0x29],
  ['\\', 0x2f],
  ['[', 0x3c],
  ['~', 0x3d],
  [']', 0x3e],
  ['|', 0x40],
  ['€', 0x65],
]);
