/**
 * The text of a key: a prefix that names style and mode, random characters, and a CRC-32 over all before it. The
 * checksum lets a scanner recognise a leaked key and lets us refuse a mistyped one without asking the database.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { KeyStyle, Mode } from '#core/tables.js';

export const KEY_STYLES = ['sidetone', 'telroi', 'talkroute'] as const satisfies readonly KeyStyle[];

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** log2(62) = 5.95 bits each: 178 bits. */
const RANDOM_LETTERS = 30;
/** The most that 32 bits take in base 62. */
const CHECKSUM_LETTERS = 6;
/** 224 bits; with the checksum's 32 the 64 hexadecimal digits that Talkroute's clients look for. */
const TALKROUTE_RANDOM_BYTES = 28;
const TALKROUTE_CHECKSUM_DIGITS = 8;

// Talkroute has no sandbox: its clients know one prefix, so a test key in its style carries it too.
const PREFIXES: Record<KeyStyle, Record<Mode, string>> = {
  sidetone: { live: 'st_live_', test: 'st_test_' },
  telroi: { live: 'tlr_live_', test: 'tlr_test_' },
  talkroute: { live: 'tr_live_', test: 'tr_live_' },
};

const BASE62_KEY = /^((?:st|tlr)_(?:live|test)_[0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;
const TALKROUTE_KEY = /^(tr_live_[0-9a-f]{56})([0-9a-f]{8})$/;

export function mintKey(style: KeyStyle, mode: Mode): string {
  const prefix = PREFIXES[style][mode];
  if (style === 'talkroute') {
    const body = prefix + randomBytes(TALKROUTE_RANDOM_BYTES).toString('hex');
    return body + hexChecksum(body);
  }
  let body = prefix;
  for (let count = 0; count < RANDOM_LETTERS; count++) body += BASE62.charAt(randomInt(BASE62.length));
  return body + base62Checksum(body);
}

/** Whether the text can be a key of ours at all. */
export function isWellFormedKey(text: string): boolean {
  const [, body, checksum] = BASE62_KEY.exec(text) ?? [];
  if (body !== undefined) return checksum === base62Checksum(body);
  const [, hexBody, hex] = TALKROUTE_KEY.exec(text) ?? [];
  return hexBody !== undefined && hex === hexChecksum(hexBody);
}

/** What is stored and looked up. A key is random, so that a fast hash without salt is enough. */
export function hashKey(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Enough to tell two keys apart in a list, and of no use to anybody else: the end is the checksum. */
export function keyHint(text: string): string {
  return `${text.slice(0, text.indexOf('_', text.indexOf('_') + 1) + 1)}…${text.slice(-4)}`;
}

function base62Checksum(body: string): string {
  let left = crc32(body);
  let letters = '';
  for (let count = 0; count < CHECKSUM_LETTERS; count++) {
    letters = BASE62.charAt(left % 62) + letters;
    left = Math.floor(left / 62);
  }
  return letters;
}

function hexChecksum(body: string): string {
  return crc32(body).toString(16).padStart(TALKROUTE_CHECKSUM_DIGITS, '0');
}
