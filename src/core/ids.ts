/** Ids: a prefix, then 48 bits of milliseconds and 80 random bits in Crockford's base 32: sortable and unguessable. */
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export type IdPrefix =
  'acc' | 'key' | 'aud' | 'trk' | 'pho' | 'cal' | 'leg' | 'rec' | 'sup' | 'evt' | 'whs' | 'who' | 'dlv';

/** For example `cal_01jd8x2c9v6f3m1qk7w0rthz5e`: 26 characters after the prefix. `now` is milliseconds since the epoch. */
export function newId(prefix: IdPrefix, now: number): string {
  let time = '';
  let left = now;
  for (let index = 0; index < 10; index++) {
    time = ALPHABET.charAt(left % 32) + time;
    left = Math.floor(left / 32);
  }
  let random = '';
  // 5 bits of each byte: 256 is a multiple of 32, so every letter is equally likely.
  for (const byte of randomBytes(16)) random += ALPHABET.charAt(byte % 32);
  return `${prefix}_${time}${random}`;
}
