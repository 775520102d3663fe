import { randomCode } from '#core/random-code.js';

/** With a million codes out, one guess in some 800 million is one of them. */
const LENGTH = 10;

/** `ADV` -> `ADV7K2MWQ9XCF`. */
export function madeUpCode(prefix: string): string {
  return (prefix + randomCode(LENGTH)).toUpperCase();
}
