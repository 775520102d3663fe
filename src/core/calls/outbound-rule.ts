import type { Kysely } from 'kysely';
import type { Mode, Tables } from '#core/tables.js';

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

/** Ranges whose calls are dear by design; never reached by default (rule 12). */
const PREMIUM_PREFIXES = [
  '+1900',
  '+1976',
  '+4490',
  '+4491',
  '+4498',
  '+49900',
  '+33899',
  '+34803',
  '+34806',
  '+39899',
  '+979',
];

/** The country calling code of an E.164 number, without the plus. No code begins another. */
export function countryCode(number: string): string {
  const digits = number.slice(1);
  for (const length of [1, 2]) {
    if (SHORT_COUNTRY_CODES.has(digits.slice(0, length))) return digits.slice(0, length);
  }
  return digits.slice(0, 3);
}

export function isPremium(number: string): boolean {
  return PREMIUM_PREFIXES.some((prefix) => number.startsWith(prefix));
}

/** The outbound rule that every way out shares: numbers of this installation, else the countries of the account's own. */
export async function destinationAllowed(
  db: Kysely<Tables>,
  call: { accountId: string; mode: Mode; to: string },
): Promise<boolean> {
  const own = await db
    .selectFrom('numbers')
    .select(['number', 'account_id'])
    .where('mode', '=', call.mode)
    .where((where) => where.or([where('account_id', '=', call.accountId), where('number', '=', call.to)]))
    .execute();
  if (own.some(({ number }) => number === call.to)) return true;
  if (isPremium(call.to)) return false;
  const country = countryCode(call.to);
  return own.some(({ number }) => countryCode(number) === country);
}
