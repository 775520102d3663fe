import type { Db } from '#core/core.js';

/** A carrier as the choice for a text sees it. */
export interface CarrierWay {
  id: string;
  /** Null: the installation's. */
  accountId: string | null;
  /** What numbers begin with that it is for; none: every number. */
  prefixes: readonly string[];
  /** The only senders that it takes; none: all. */
  senders: readonly string[];
  /** The lower one is tried first. */
  priority: number;
  /** Up, as far as is known. */
  well: boolean;
  segmentsPerSecond: number;
  /** Null: at once. */
  nextSegmentAt: Date | null;
}

/** A text tries no more carriers than this. */
export const MOST_CARRIERS = 5;

/** All carriers of the installation: few rows, read within each claim. */
export async function readCarriers(db: Db): Promise<CarrierWay[]> {
  const rows = await db
    .selectFrom('carriers')
    .leftJoin('carrier_states', 'carrier_states.carrier_id', 'carriers.id')
    .select(['id', 'account_id', 'prefixes', 'senders', 'priority', 'up', 'segments_per_second', 'next_segment_at'])
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    prefixes: row.prefixes,
    senders: row.senders,
    priority: row.priority,
    well: row.up ?? true,
    segmentsPerSecond: row.segments_per_second,
    nextSegmentAt: row.next_segment_at,
  }));
}

/**
 * The carriers that a text may take, the best first: those in trouble last; then the account's own before the
 * installation's, those that name its sender, the longest matching prefix, the lowest priority, the oldest.
 */
export function carriersFor<W extends Omit<CarrierWay, 'segmentsPerSecond' | 'nextSegmentAt'>>(
  carriers: readonly W[],
  text: { accountId: string; from: string; to: string; tried: readonly string[] },
): W[] {
  if (text.tried.length >= MOST_CARRIERS) return [];
  return carriers
    .filter(({ id, accountId }) => (accountId === null || accountId === text.accountId) && !text.tried.includes(id))
    .filter(({ senders }) => senders.length === 0 || senders.includes(text.from))
    .flatMap((way) => {
      const prefix = matchedPrefix(way.prefixes, text.to);
      return prefix === undefined ? [] : [{ way, prefix }];
    })
    .sort(
      (a, b) =>
        Number(b.way.well) - Number(a.way.well) ||
        Number(a.way.accountId === null) - Number(b.way.accountId === null) ||
        Number(a.way.senders.length === 0) - Number(b.way.senders.length === 0) ||
        b.prefix - a.prefix ||
        a.way.priority - b.way.priority,
    )
    .map(({ way }) => way);
}

/** The length of the longest prefix that the number begins with; undefined: the carrier is not for it. */
function matchedPrefix(prefixes: readonly string[], number: string): number | undefined {
  if (prefixes.length === 0) return 0;
  const lengths = prefixes.filter((prefix) => number.startsWith(prefix)).map((prefix) => prefix.length);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}
