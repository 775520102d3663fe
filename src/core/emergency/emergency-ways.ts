import { countryCode } from '#core/address.js';

/** A trunk, as far as it matters who it reaches. */
interface Way {
  /** Null: the installation's. */
  accountId: string | null;
  /** What numbers begin with that it is for; none: every number. */
  prefixes: readonly string[];
  priority: number;
  well: boolean;
}

/**
 * The trunks that lead to a number for help, the best first: one that is told it is for that number, one for all numbers, one
 * for the country of the number that is shown. One for other countries alone leads nobody to help. Those in trouble come last,
 * and are tried all the same.
 */
export function emergencyWays<W extends Way>(
  ways: readonly W[],
  { accountId, number, shown }: { accountId: string; number: string; shown: string },
): W[] {
  const rank = ({ prefixes }: W): number | undefined => {
    if (prefixes.includes(number)) return 0;
    if (prefixes.length === 0) return 1;
    const country = `+${countryCode(shown)}`;
    return prefixes.some((prefix) => prefix.startsWith(country) || country.startsWith(prefix)) ? 2 : undefined;
  };
  return ways
    .filter((way) => way.accountId === null || way.accountId === accountId)
    .flatMap((way) => {
      const ranked = rank(way);
      return ranked === undefined ? [] : [{ way, ranked }];
    })
    .sort(
      (a, b) =>
        Number(b.way.well) - Number(a.way.well) ||
        a.ranked - b.ranked ||
        Number(a.way.accountId === null) - Number(b.way.accountId === null) ||
        a.way.priority - b.way.priority,
    )
    .map(({ way }) => way);
}
