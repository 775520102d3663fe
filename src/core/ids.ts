/** Ids: a prefix, then 48 bits of milliseconds and 80 bits of chance in Crockford's base 32: sortable and unguessable. */
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export type IdPrefix =
  | 'acc'
  | 'acr'
  | 'key'
  | 'aud'
  | 'trk'
  | 'car'
  | 'pho'
  | 'cal'
  | 'leg'
  | 'rec'
  | 'sup'
  | 'evt'
  | 'whs'
  | 'who'
  | 'whe'
  | 'dlv'
  | 'otp'
  | 'otp_test'
  | 'usr'
  | 'grp'
  | 'con'
  | 'lst'
  | 'cns'
  | 'upl'
  | 'imp'
  | 'spf'
  | 'trn'
  | 'cmp'
  | 'led'
  | 'bat'
  | 'reg'
  | 'sms'
  | 'att'
  | 'vcm'
  | 'eml'
  | 'sit'
  | 'obt';

/** The last id's two parts. Ids of one millisecond follow one another, so that sorting by id is the order of making. */
let last = { now: -1, chance: 0n };

/** For example `cal_01jd8x2c9v6f3m1qk7w0rthz5e`: 26 characters after the prefix. `now` is milliseconds since the epoch. */
export function newId(prefix: IdPrefix, now: number): string {
  // Half of the range at first, then steps of up to 2^60: room for half a million ids in one millisecond, and a
  // neighbour that is as hard to guess as a key of 60 bits.
  last = { now, chance: last.now === now ? last.chance + randomBits(60) + 1n : randomBits(79) };
  return `${prefix}_${inLetters(BigInt(now), 10)}${inLetters(last.chance, 16)}`;
}

/** Not after any id of this moment or later, and after all of earlier ones: for bounds that the index by id serves. */
export function firstIdAt(prefix: IdPrefix, now: number): string {
  return `${prefix}_${inLetters(BigInt(Math.max(0, now)), 10)}`;
}

function randomBits(bits: number): bigint {
  return BigInt(`0x${randomBytes(10).toString('hex')}`) >> BigInt(80 - bits);
}

/** The low bits of a number, five a letter, the highest first. */
function inLetters(value: bigint, letters: number): string {
  let text = '';
  for (let left = value; text.length < letters; left /= 32n) text = ALPHABET.charAt(Number(left % 32n)) + text;
  return text;
}
