import { sql, type Expression } from 'kysely';
import type { Db } from '#core/core.js';

/**
 * How far a list of changes goes: nobody counts, or skips, millions again and again for whoever walks through them.
 * Whoever has come so far asks on from the last change that they have.
 */
export const CHANGES_MOST = 10_000;

/** From which change on: of this moment or later; with an id, those that come after this one of that very moment. */
export interface FromChange {
  at: Date;
  afterId?: string | undefined;
}

/** In the order of moment and id, by an index of both. */
export function isFrom(moment: Expression<Date>, id: Expression<string>, { at, afterId }: FromChange) {
  return afterId === undefined
    ? sql<boolean>`${moment} >= ${at}`
    : sql<boolean>`(${moment}, ${id}) > (${at}, ${afterId})`;
}

/** How many there are, as far as lists of changes go. `rows`: at most `CHANGES_MOST` of them, in their order. */
export async function countChanges(db: Db, rows: Expression<unknown>): Promise<number> {
  const { rows: counted } = await sql<{ n: number }>`select count(*)::integer as n from ${rows} as changes`.execute(db);
  return counted[0]?.n ?? 0;
}
