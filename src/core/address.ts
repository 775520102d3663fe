/**
 * Where a call or a text can go (rule 1). Addresses are text of branded types, so that what has not been checked
 * cannot be dialled by mistake.
 */

declare const brand: unique symbol;

/** An international number: `+` and 7–15 digits, the first of them not 0 (ITU-T E.164). */
export type E164 = string & { readonly [brand]: 'e164' };

/** A phone of the account by its short number: 2–6 digits. */
export type Extension = string & { readonly [brand]: 'extension' };

const E164_SHAPE = /^\+[1-9][0-9]{6,14}$/;
const EXTENSION_SHAPE = /^[0-9]{2,6}$/;

export function isE164(text: string): text is E164 {
  return E164_SHAPE.test(text);
}

/** Whether the text could name a phone; that it exists is the database's knowledge. */
export function isExtension(text: string): text is Extension {
  return EXTENSION_SHAPE.test(text);
}

/** A number as people write it: spaces, hyphens, dots and brackets are dropped. Undefined when it is not E.164 then. */
export function parseE164(text: string): E164 | undefined {
  const bare = text.replace(/[\s\-.()]/g, '');
  return isE164(bare) ? bare : undefined;
}

/**
 * Country codes of one and two digits (ITU-T E.164 assignments). All others have three, so that the country of a
 * number is found by its first digits without a table of two hundred rows.
 */
const SHORT_COUNTRY_CODES = new Set(
  (
    '1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 ' +
    '86 90 91 92 93 94 95 98'
  ).split(' '),
);

/** The country calling code of an E.164 number, without the plus. No code begins another. */
export function countryCode(number: string): string {
  const digits = number.slice(1);
  for (const length of [1, 2]) {
    if (SHORT_COUNTRY_CODES.has(digits.slice(0, length))) return digits.slice(0, length);
  }
  return digits.slice(0, 3);
}

/**
 * What stands before a number inside its country in place of the calling code, where that is not 0 (annex to
 * ITU Operational Bulletin 994). Empty: a leading 0 belongs to the number.
 */
const NATIONAL_PREFIXES: Readonly<Record<string, string>> = {
  7: '8',
  36: '06',
  39: '',
  225: '',
  242: '',
  375: '80',
  378: '',
  993: '8',
};

/** Countries with two digits of code and eight of number; elsewhere ten digits may be a number of the country. */
const EIGHT_DIGIT_COUNTRIES = new Set(['45', '47', '65']);

/** Shorter ones are short codes, or belong to countries whose people write their code with them. */
const NATIONAL_MIN_DIGITS = 7;

/**
 * A number as people write it, international (`+44 (0)20 7946 0000`, `0044…`, `011…` in North America) or as inside
 * the country whose calling code is `home`. Undefined when it cannot become E.164: short codes, vanity numbers, anything
 * national without a `home`.
 */
export function readNumber(text: string, home: string | undefined): E164 | undefined {
  // Phones and spreadsheets put invisible marks of direction around numbers.
  const written = text.replace(/\p{Cf}/gu, '').trim();
  const bare = written.replace(/^(\+|00)(.*)\(0\)/, '$1$2').replace(/[\s\-\u2010-\u2015./()]/g, '');
  if (bare.startsWith('+')) return asE164(bare);
  if (bare.startsWith('00')) return asE164(`+${bare.slice(2)}`);
  if (home === undefined || !/^[0-9]+$/.test(bare)) return undefined;
  if (home === '1') {
    if (bare.startsWith('011')) return asE164(`+${bare.slice(3)}`);
    const number = /^1?([2-9][0-9]{9})$/.exec(bare)?.[1];
    return number === undefined ? undefined : asE164(`+1${number}`);
  }
  const prefix = NATIONAL_PREFIXES[home] ?? '0';
  // In Russia and Kazakhstan 8 begins numbers, too: only what is one digit longer than a number begins with the prefix.
  const prefixed = prefix !== '' && bare.startsWith(prefix) && (home !== '7' || bare.length === 11);
  const number = prefixed ? bare.slice(prefix.length) : bare;
  const shortest = EIGHT_DIGIT_COUNTRIES.has(home) ? 10 : 11;
  if (!prefixed && bare.startsWith(home) && bare.length >= shortest) return asE164(`+${bare}`);
  return number.length < NATIONAL_MIN_DIGITS ? undefined : asE164(`+${home}${number}`);
}

function asE164(text: string): E164 | undefined {
  return isE164(text) ? text : undefined;
}
