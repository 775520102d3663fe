import type { Kysely } from 'kysely';
import { countryCode } from '#core/address.js';
import type { Mode, Tables } from '#core/tables.js';

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
