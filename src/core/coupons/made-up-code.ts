import { randomInt } from 'node:crypto';

/** Nothing that is read for something else: no I, L, O, 0, 1. */
const LETTERS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
/** Of 31 letters each: with a million codes out, one guess in some 800 million is one of them. */
const LENGTH = 10;

/** `ADV` -> `ADV7K2MWQ9XCF`. */
export function madeUpCode(prefix: string): string {
  let code = prefix.toUpperCase();
  for (let left = LENGTH; left > 0; left--) code += LETTERS.charAt(randomInt(LETTERS.length));
  return code;
}
