/** A trunk as routing sees it. */
export interface Way {
  id: string;
  /** Null: the installation's. */
  accountId: string | null;
  /** What numbers begin with that it is for; none: every number. */
  prefixes: readonly string[];
  /** The lower one is tried first. */
  priority: number;
  /** Up, and registered where it registers, as far as is known. */
  well: boolean;
  /** Channels that nobody uses now. */
  free: number;
}

/** A call tries no more trunks than this for one number. */
export const MOST_TRUNKS = 5;

/**
 * The trunks that a call may take, the best first: those in trouble last; then the account's own before the
 * installation's, the longest matching prefix, the lowest priority, the most free channels.
 */
export function waysFor<W extends Way>(
  ways: readonly W[],
  call: { accountId: string; number: string; tried: readonly string[] },
): W[] {
  if (call.tried.length >= MOST_TRUNKS) return [];
  const matching = ways
    .filter(({ id, accountId }) => (accountId === null || accountId === call.accountId) && !call.tried.includes(id))
    .flatMap((way) => {
      const prefix = matchedPrefix(way.prefixes, call.number);
      return prefix === undefined ? [] : [{ way, prefix }];
    });
  return matching
    .sort(
      (a, b) =>
        Number(b.way.well) - Number(a.way.well) ||
        Number(a.way.accountId === null) - Number(b.way.accountId === null) ||
        b.prefix - a.prefix ||
        a.way.priority - b.way.priority ||
        b.way.free - a.way.free,
    )
    .map(({ way }) => way);
}

/** The length of the longest prefix that the number begins with; undefined: the trunk is not for it. */
function matchedPrefix(prefixes: readonly string[], number: string): number | undefined {
  if (prefixes.length === 0) return 0;
  const lengths = prefixes.filter((prefix) => number.startsWith(prefix)).map((prefix) => prefix.length);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}
