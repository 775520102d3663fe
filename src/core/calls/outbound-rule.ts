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
  { accountId, mode, to }: { accountId: string; mode: Mode; to: string },
): Promise<boolean> {
  return (await allowedAmong(db, { accountId, mode, numbers: [to] })).has(to);
}

/** Those of the numbers that the rule allows, in one statement; give it thousands at most at once. */
export async function allowedAmong(
  db: Kysely<Tables>,
  { accountId, mode, numbers }: { accountId: string; mode: Mode; numbers: readonly string[] },
): Promise<Set<string>> {
  const known = await db
    .selectFrom('numbers')
    .select(['number', 'account_id'])
    .where('mode', '=', mode)
    .where('kind', '=', 'e164')
    .where((where) => where.or([where('account_id', '=', accountId), where('number', 'in', [...numbers])]))
    .execute();
  const ours = new Set(known.map(({ number }) => number));
  const countries = new Set(
    known.filter(({ account_id }) => account_id === accountId).map(({ number }) => countryCode(number)),
  );
  return new Set(
    numbers.filter((number) => ours.has(number) || (!isPremium(number) && countries.has(countryCode(number)))),
  );
}
