import { randomInt } from 'node:crypto';

/** Nothing that is read for something else: no i, l, o, 0, 1. */
const LETTERS = '23456789abcdefghjkmnpqrstuvwxyz';

/** A code that nobody guesses, for links and coupons: of 31 letters and digits each, in lower case. */
export function randomCode(length: number): string {
  return Array.from({ length }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}
