import { parseE164 } from '#core/address.js';
import { CoreError } from '#core/errors.js';
import type { NumberKind } from '#core/numbers/number-store.js';

const SHORT_CODE = /^[0-9]{3,8}$/;
/** As many as fit into an address of a text (3GPP TS 23.040, 9.1.2.5). */
const NAME = /^(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}$/;

/**
 * Where calls or texts come from, as it is stored. @throws CoreError `number.bad_format`
 */
export function parseSender(text: string, kind: NumberKind): string {
  const bare = text.trim();
  if (kind === 'e164') {
    const number = parseE164(bare);
    if (number !== undefined) return number;
    throw badFormat('A number is "+", the country code and the number: 8005550199 is +18005550199.');
  }
  if (kind === 'short_code') {
    if (SHORT_CODE.test(bare)) return bare;
    throw badFormat('A short code has 3 to 8 digits.');
  }
  if (NAME.test(bare)) return bare;
  throw badFormat('A name has 1 to 11 letters, digits and spaces, and at least one letter.');
}

function badFormat(message: string): CoreError {
  return new CoreError('number.bad_format', message, { field: 'number' });
}
